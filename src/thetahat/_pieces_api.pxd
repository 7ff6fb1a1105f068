"""What adds up from parts of a sample: pieces_api.h, and the partitions and ranks of api.h."""

from libc.stdint cimport int64_t, uint64_t

from thetahat._api cimport thetahat_model, thetahat_rows, thetahat_subsample, thetahat_tree

cdef extern from "thetahat/calls.hpp" nogil:
    ctypedef struct thetahat_piece:
        pass

    ctypedef struct thetahat_piece_sizes:
        int64_t first
        int64_t n
        int64_t edge_rows
        int64_t numbers
        int weighted

    thetahat_piece* thetahat_new_piece "THETAHAT_CALL(thetahat_new_piece)"(
        const thetahat_model*, const double*, int, int64_t
    )
    void thetahat_free_piece "THETAHAT_CALL(thetahat_free_piece)"(thetahat_piece*)
    int64_t thetahat_add_to_piece "THETAHAT_CALL(thetahat_add_to_piece)"(
        thetahat_piece*, const thetahat_rows*, int64_t
    )
    void thetahat_sizes_of_piece "THETAHAT_CALL(thetahat_sizes_of_piece)"(
        const thetahat_piece*, thetahat_piece_sizes*
    )
    void thetahat_copy_piece "THETAHAT_CALL(thetahat_copy_piece)"(
        const thetahat_piece*, double*, double*, double*
    )
    int thetahat_restore_piece "THETAHAT_CALL(thetahat_restore_piece)"(
        thetahat_piece*, int64_t, const double*, int64_t, const double*, const double*, int64_t
    )
    int thetahat_append_piece "THETAHAT_CALL(thetahat_append_piece)"(thetahat_piece*, const thetahat_piece*)
    int thetahat_add_piece_to_tree "THETAHAT_CALL(thetahat_add_piece_to_tree)"(
        thetahat_tree*, const thetahat_piece*
    )
    int64_t thetahat_rows_of_tree "THETAHAT_CALL(thetahat_rows_of_tree)"(const thetahat_tree*)

    ctypedef struct thetahat_row_hash:
        int64_t rows
        int64_t used
        uint64_t hash

    int64_t thetahat_hash_rows "THETAHAT_CALL(thetahat_hash_rows)"(
        const thetahat_rows*, int64_t, thetahat_row_hash*
    )

    thetahat_subsample* thetahat_new_subsample_part "THETAHAT_CALL(thetahat_new_subsample_part)"(
        int64_t, int64_t, int64_t
    )
    void thetahat_copy_subsample "THETAHAT_CALL(thetahat_copy_subsample)"(
        const thetahat_subsample*, double*, double*
    )
    thetahat_subsample* thetahat_join_subsample "THETAHAT_CALL(thetahat_join_subsample)"(
        int64_t, int64_t, const double*, const double*, int64_t
    )

    enum:
        thetahat_all

    ctypedef struct thetahat_partition:
        double low
        double high
        double weight[5][2]
        int64_t copies
        int64_t room
        double* x
        double* weights

    enum:
        thetahat_buckets

    ctypedef struct thetahat_ranks:
        double low
        double high
        int64_t rows[thetahat_buckets]
        double weight[thetahat_buckets][2]

    int64_t thetahat_partition_rows "THETAHAT_CALL(thetahat_partition_rows)"(
        const thetahat_rows*, int64_t, int, thetahat_partition*
    )
    int64_t thetahat_rank_rows "THETAHAT_CALL(thetahat_rank_rows)"(
        const thetahat_rows*, int64_t, int, thetahat_ranks*
    )
    int thetahat_locate "THETAHAT_CALL(thetahat_locate)"(const thetahat_partition*, double*)
    int64_t thetahat_bucket "THETAHAT_CALL(thetahat_bucket)"(const thetahat_ranks*, int, double*)
    void thetahat_merge_partitions "THETAHAT_CALL(thetahat_merge_partitions)"(
        thetahat_partition*, const thetahat_partition*
    )
    void thetahat_merge_ranks "THETAHAT_CALL(thetahat_merge_ranks)"(thetahat_ranks*, const thetahat_ranks*)
