# cython: language_level=3, boundscheck=False, wraparound=False
# cython: freethreading_compatible=True
"""Columns of other libraries through the Arrow PyCapsule protocol, in place: values and validity bits.

Layouts: the Arrow C data and C stream interfaces, https://arrow.apache.org/docs/format/CDataInterface.html
"""

cimport cython
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.errno cimport ENOMEM
from libc.stdint cimport int64_t, intptr_t

from thetahat.errors import SampleTypeError

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
        const char* name
        int64_t n_children
        ArrowSchema** children
        void* dictionary
        void (*release)(ArrowSchema*)

    ctypedef struct ArrowArray:
        int64_t length
        int64_t null_count
        int64_t offset
        const void** buffers
        ArrowArray** children
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


@cython.final
cdef class Column:
    """What an Arrow column, or a table of columns, is: its format, and the names of a table's columns.

    The format is that of a table's only column; `chunks` are tuples of numbers, each with the object that
    keeps its memory, and there are none where the format is no type of numbers.
    """

    cdef readonly str format
    cdef readonly tuple names
    cdef readonly list chunks

    def __init__(self):
        self.format, self.names, self.chunks = "", None, []

    cdef int describe(self, const ArrowSchema* schema) except -1:
        self.format = schema.format.decode()
        if self.format == "+s":
            self.names = tuple([name_of(schema.children[i]) for i in range(schema.n_children)])
            if schema.n_children == 1:
                schema = schema.children[0]
                self.format = schema.format.decode()
        if schema.dictionary != NULL:
            self.format = "dictionary"
        return 0

    cdef int add(self, Chunk owner, const ArrowArray* array) except -1:
        """Add an array: owner, address, length, step, type of its values, address of validity, first bit."""
        cdef int64_t first = array.offset, length = array.length
        if self.format not in TYPES:
            return 0
        if self.names is not None:
            if array.null_count != 0 and array.buffers[0] != NULL:
                raise SampleTypeError("a struct with nulls is no table")
            array = array.children[0]
            first += array.offset
        name, size = TYPES[self.format]
        validity = <intptr_t>array.buffers[0] if array.null_count != 0 else 0
        values = <intptr_t>array.buffers[1] + first * size
        self.chunks.append((owner, values, length, size, name, validity, first))
        return 0


cdef str name_of(const ArrowSchema* schema):
    return "" if schema.name == NULL else schema.name.decode("utf-8", "replace")


cdef Column from_array(source):
    cdef Chunk owner = Chunk()
    cdef Column column = Column()
    owner.capsule = source.__arrow_c_array__()
    schema, array = owner.capsule
    column.describe(<ArrowSchema*>PyCapsule_GetPointer(schema, "arrow_schema"))
    column.add(owner, <ArrowArray*>PyCapsule_GetPointer(array, "arrow_array"))
    return column


cdef Column from_stream(source):
    cdef ArrowSchema schema
    cdef Chunk owner
    cdef Column column = Column()
    capsule = source.__arrow_c_stream__()
    cdef ArrowArrayStream* stream = <ArrowArrayStream*>PyCapsule_GetPointer(capsule, "arrow_array_stream")
    check(stream, stream.get_schema(stream, &schema))
    try:
        column.describe(&schema)
    finally:
        schema.release(&schema)
    while column.format in TYPES:
        owner = Chunk()
        check(stream, stream.get_next(stream, &owner.array))
        if owner.array.release == NULL:
            break
        column.add(owner, &owner.array)
    return column


cdef int check(ArrowArrayStream* stream, int code) except -1:
    if code == ENOMEM:
        raise MemoryError("not enough memory to read an Arrow column")
    if code != 0:
        message = stream.get_last_error(stream)
        words = message.decode("utf-8", "replace") if message != NULL else "error"
        raise ValueError(f"{words} (code {code})")
    return 0


def read(source):
    """Return the column, or the only column of a table, that speaks Arrow's protocol."""
    return from_array(source) if hasattr(source, "__arrow_c_array__") else from_stream(source)
