# cython: language_level=3, boundscheck=False, wraparound=False
# cython: freethreading_compatible=True
"""Columns of other libraries through the Arrow PyCapsule protocol, in place: values and validity bits.

Layouts: the Arrow C data and C stream interfaces, https://arrow.apache.org/docs/format/CDataInterface.html
"""

from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport int64_t, intptr_t

cdef extern from *:
    """
    #include <stdint.h>
    struct ArrowSchema {
      const char *format, *name, *metadata;
      int64_t flags, n_children;
      struct ArrowSchema **children, *dictionary;
      void (*release)(struct ArrowSchema*);
      void* private_data;
    };
    struct ArrowArray {
      int64_t length, null_count, offset, n_buffers, n_children;
      const void** buffers;
      struct ArrowArray **children, *dictionary;
      void (*release)(struct ArrowArray*);
      void* private_data;
    };
    struct ArrowArrayStream {
      int (*get_schema)(struct ArrowArrayStream*, struct ArrowSchema*);
      int (*get_next)(struct ArrowArrayStream*, struct ArrowArray*);
      const char* (*get_last_error)(struct ArrowArrayStream*);
      void (*release)(struct ArrowArrayStream*);
      void* private_data;
    };
    """
    ctypedef struct ArrowSchema:
        const char* format
        void* dictionary
        void (*release)(ArrowSchema*)

    ctypedef struct ArrowArray:
        int64_t length
        int64_t null_count
        int64_t offset
        const void** buffers
        void (*release)(ArrowArray*)

    ctypedef struct ArrowArrayStream:
        int (*get_schema)(ArrowArrayStream*, ArrowSchema*)
        int (*get_next)(ArrowArrayStream*, ArrowArray*)
        const char* (*get_last_error)(ArrowArrayStream*)


TYPES = {
    "g": ("float64", 8), "f": ("float32", 4), "e": ("float16", 2),
    "c": ("int8", 1), "s": ("int16", 2), "i": ("int32", 4), "l": ("int64", 8),
    "C": ("uint8", 1), "S": ("uint16", 2), "I": ("uint32", 4), "L": ("uint64", 8),
}


cdef class Chunk:
    """One Arrow array; its memory is released with this object."""

    cdef ArrowArray array
    cdef object capsule

    def __dealloc__(self):
        if self.array.release != NULL:
            self.array.release(&self.array)


cdef tuple described(Chunk owner, const ArrowArray* array, str format):
    """Return owner, address of the values, length, step, type, address of the validity bits, first bit."""
    name, size = TYPES[format]
    validity = <intptr_t>array.buffers[0] if array.null_count != 0 else 0
    values = <intptr_t>array.buffers[1] + array.offset * size
    return owner, values, array.length, size, name, validity, array.offset


cdef str format_of(const ArrowSchema* schema):
    format = schema.format.decode()
    if schema.dictionary != NULL:
        format = "dictionary of " + format
    if format not in TYPES:
        raise TypeError(f"x is an Arrow column of format {format!r}; a sample holds real numbers")
    return format


cdef list from_array(column):
    cdef Chunk owner = Chunk()
    owner.capsule = column.__arrow_c_array__()
    schema, array = owner.capsule
    format = format_of(<ArrowSchema*>PyCapsule_GetPointer(schema, "arrow_schema"))
    return [described(owner, <ArrowArray*>PyCapsule_GetPointer(array, "arrow_array"), format)]


cdef list from_stream(column):
    cdef ArrowSchema schema
    cdef Chunk owner
    capsule = column.__arrow_c_stream__()
    cdef ArrowArrayStream* stream = <ArrowArrayStream*>PyCapsule_GetPointer(capsule, "arrow_array_stream")
    check(stream, stream.get_schema(stream, &schema))
    try:
        format = format_of(&schema)
    finally:
        schema.release(&schema)
    chunks = []
    while True:
        owner = Chunk()
        check(stream, stream.get_next(stream, &owner.array))
        if owner.array.release == NULL:
            return chunks
        chunks.append(described(owner, &owner.array, format))


cdef int check(ArrowArrayStream* stream, int code) except -1:
    if code != 0:
        message = stream.get_last_error(stream)
        raise ValueError(f"Arrow stream: {message.decode() if message != NULL else 'error'} (code {code})")
    return 0


def chunks(column):
    """Return a column's chunks as tuples of numbers, each with the object that keeps its memory."""
    return from_array(column) if hasattr(column, "__arrow_c_array__") else from_stream(column)
