"""The tree of a sample, to which pieces are added."""

from thetahat._api cimport thetahat_tree
from thetahat._core cimport Model


cdef class Tree:
    cdef readonly Model model
    cdef readonly tuple settings
    cdef thetahat_tree* tree
