# Stochastic ascents: over the epochs of a sample, and along a stream. Part of _kernels.pyx.

cdef int64_t STEP_SLICE = 1 << 17  # rows between two looks at the signals
cdef int64_t SEGMENT = 1024  # rows, after which a scaled ascent takes stock
cdef int64_t RUN = 32  # neighbouring rows that are loaded together
WINDOW = 1 << 16  # rows that are shuffled together

ORDERS = ("sequential", "batches", "samples")  # as api.h numbers them
KINDS = ("plain", "momentum", "adam")
AVERAGES = (None, "polyak", "epoch")


cdef thetahat_rule read_rule(object rule):
    cdef thetahat_rule r
    memset(&r, 0, sizeof(r))
    r.batch = rule.batch
    r.logarithmic, r.scaled, r.mean, r.implicit = rule.logarithmic, rule.scaled, rule.mean, rule.implicit
    r.kind, r.averaged = KINDS.index(rule.kind), AVERAGES.index(rule.average)
    r.rate, r.offset, r.power, r.memory = rule.rate, rule.offset, rule.power, rule.memory
    r.beta1, r.beta2, r.epsilon = rule.beta1, rule.beta2, rule.epsilon
    return r


cdef int64_t segment_rows(int64_t batch, double memory=1.0):
    """Return after how many rows an ascent takes stock: fewer where rows fade."""
    cdef double rows = SEGMENT
    if memory < 1:
        rows = min(rows, 0.09 / (1 - memory))  # an eighth of the half-life
    return batch if batch > rows else <int64_t>rows // batch * batch


cdef numbers_of(const thetahat_walk* walk):
    cdef const double* number = <const double*>walk
    return np.array([number[i] for i in range(sizeof(thetahat_walk) // sizeof(double))])


cdef int read_numbers(numbers, thetahat_walk* walk) except -1:
    cdef double* number = <double*>walk
    if len(numbers) * sizeof(double) != sizeof(thetahat_walk):
        raise ValueError(f"expected {sizeof(thetahat_walk) // sizeof(double)} numbers, got {len(numbers)}")
    for i, value in enumerate(numbers.tolist()):
        number[i] = value
    return 0


cdef thetahat_bitgen* bitgen_of(object bit_generator) except NULL:
    return <thetahat_bitgen*>PyCapsule_GetPointer(bit_generator.capsule, "BitGenerator")


cdef class Feed:
    """A sample's rows in the order that an epoch takes them, and the memory that this needs."""

    cdef thetahat_feed state
    cdef Rows rows
    cdef object bit_generator
    cdef double[::1] x
    cdef double[::1] w
    cdef uint32_t[::1] units
    cdef uint32_t[::1] runs

    def __cinit__(self, Rows rows, int64_t batch, str order, bit_generator=None):
        cdef int64_t n_runs
        memset(&self.state, 0, sizeof(self.state))
        self.rows = rows
        self.bit_generator = bit_generator
        self.state.rows = &rows.state
        self.state.order = ORDERS.index(order)
        self.state.unit = 1 if order == "samples" else batch
        if order == "sequential":
            return
        if self.state.unit < RUN:
            self.state.run = RUN // self.state.unit * self.state.unit
            self.state.room = WINDOW
            self.x, self.units = np.empty(WINDOW), np.empty(WINDOW, np.uint32)
            self.state.x, self.state.units = &self.x[0], &self.units[0]
            if rows.weights is not None:
                self.w = np.empty(WINDOW)
                self.state.w = &self.w[0]
        n_runs = -(-rows.n // (self.state.run or self.state.unit))
        self.runs = np.empty(n_runs, np.uint32)
        self.state.runs = &self.runs[0]
        self.state.words.bitgen = bitgen_of(bit_generator)

    def rest(self):
        """Return what is left of the epoch."""
        cdef int64_t done = 0, took = 1
        cdef double[::1] x = np.empty(self.rows.n)
        while took and done < self.rows.n:
            with nogil:
                took = table.feed(&self.state, max(self.state.unit, PASS_SLICE), &x[done], NULL)
            done += took
            PyErr_CheckSignals()
        return np.asarray(x)[:done]


cdef class Ascent:
    """A stochastic ascent over the epochs of a sample: its settings, and where it stands."""

    cdef const thetahat_family* family
    cdef thetahat_ascent state
    cdef int held[thetahat_max_params]
    cdef Feed feed
    cdef double[::1] x
    cdef double[::1] w
    cdef double[:, ::1] trace

    def __cinit__(self, int family, Rows rows, rule, *, str order, int64_t epochs, bit_generator=None):
        memset(&self.state, 0, sizeof(self.state))
        self.family = family_at(family)
        self.feed = Feed(rows, rule.batch, order, bit_generator)
        self.state.feed = self.feed.state
        self.state.rule = read_rule(rule)
        self.state.epochs = epochs
        self.state.segment = segment_rows(rule.batch)
        self.x = np.empty(self.state.segment)
        self.state.x = &self.x[0]
        if rows.weights is not None:
            self.w = np.empty(self.state.segment)
            self.state.w = &self.w[0]
        if rule.held:
            read_held(self.family, rule.held, self.held)
            self.state.rule.held = self.held

    def draw(self, int64_t wanted):
        """Take the next rows out of the epoch, about so many, before any step; return them and weights."""
        cdef int64_t batch = self.state.rule.batch, done = 0, took = 1
        cdef double[::1] x = np.empty(wanted + batch), w = np.empty(wanted + batch)
        while done < wanted and took:
            with nogil:
                took = table.feed(&self.state.feed, batch, &x[done], &w[done])
            done += took
        weights = None if self.state.w == NULL else np.array(w[:done])
        return np.array(x[:done]), weights

    def set_out(self, theta, const double[::1] known=None, const double[::1] weights=None):
        """Start from theta; rows that are known say how to scale the steps, and count as done."""
        cdef const double* w = NULL
        read_theta(self.family, theta, self.state.walk.theta)
        self.family.set_out(&self.state.rule, &self.state.walk)
        if known is not None:
            if weights is not None:
                w = &weights[0]
            with nogil:
                self.family.take_stock(&self.state.rule, &self.state.walk, &known[0], w, known.shape[0])
            self.state.walk.t = self.state.walk.n
            if self.state.rule.averaged:  # theirs are steps that end where the pilot does
                self.state.walk.means = (known.shape[0] + self.state.rule.batch - 1) // self.state.rule.batch

    def keep_trace(self, double[:, ::1] trace, int64_t every, int64_t kept=0):
        """Record theta there every so many steps, or each epoch for 0; now too, unless some are kept."""
        self.trace = trace
        self.state.trace, self.state.trace_every, self.state.traced = &trace[0, 0], every, kept
        if kept == 0:
            table.reported(self.family, &self.state.rule, &self.state.walk, self.state.trace)
            self.state.traced = 1

    @property
    def theta(self):
        cdef double values[thetahat_max_params]
        table.reported(self.family, &self.state.rule, &self.state.walk, values)
        return to_tuple(values, self.family.n_params)

    @property
    def epoch(self):
        return self.state.epoch

    @property
    def batch_size(self):
        return self.state.rule.batch

    @property
    def traced(self):
        return self.state.traced

    @property
    def diverged(self):
        return self.state.walk.diverged != 0

    @property
    def starts_epoch(self):
        """Whether no row of the present epoch has been taken."""
        return self.state.feed.next == 0 and self.state.feed.loaded == 0

    @property
    def position(self):
        """Which part of the present epoch is done."""
        cdef double rows = self.state.feed.next
        if self.state.feed.order != thetahat_sequential:
            rows *= self.state.feed.run or self.state.feed.unit
        return min(rows / self.feed.rows.n, 1.0)

    @property
    def rate(self):
        return self.state.rule.rate

    @rate.setter
    def rate(self, double rate):
        self.state.rule.rate = rate

    @property
    def rate_now(self):
        """The rate of the last step."""
        cdef const thetahat_rule* r = &self.state.rule
        cdef double t = self.state.walk.t + r.offset
        return r.rate / t if r.power == 1 and t > 0 else r.rate * t ** -r.power if t > 0 else r.rate

    def run_to_rest(self):
        """Go on until no row is loaded that no step has used, in the present epoch: numbers tell all then."""
        while self.state.feed.used != self.state.feed.loaded and not self.diverged:
            self.run(self.state.epoch + 1, 1)

    def numbers(self):
        """Return where an ascent at rest stands: numbers, and arrays."""
        waiting = {"x": np.array(self.x[: self.state.filled])}
        if self.state.w != NULL:
            waiting["w"] = np.array(self.w[: self.state.filled])
        values = {"epoch": self.epoch, "next": self.state.feed.next, "stepped": self.state.stepped}
        return values, {"walk": numbers_of(&self.state.walk), **waiting}

    def restore(self, values, arrays):
        """Stand where `numbers` was called; the generator must stand where that epoch began."""
        read_numbers(arrays["walk"], &self.state.walk)
        self.state.epoch, self.state.stepped = values["epoch"], values["stepped"]
        self.state.filled = arrays["x"].size
        np.asarray(self.x)[: self.state.filled] = arrays["x"]
        if self.state.w != NULL:
            np.asarray(self.w)[: self.state.filled] = arrays["w"]
        if values["next"]:
            table.start_epoch(&self.state.feed)
            self.state.feed.next = values["next"]

    def run(self, int64_t until, int64_t rows=1 << 62, int64_t slice_rows=STEP_SLICE):
        """Go on until so many epochs are done, about so many rows used, or a step diverges.

        Return whether there is more to do. Signals are answered each time slice_rows have been used.
        """
        cdef int64_t epochs = self.state.epochs
        cdef int going = 1
        if self.state.rule.implicit:
            slice_rows = min(slice_rows, 1 << 9)  # each step takes many looks
        self.state.epochs = min(until, epochs)
        try:
            while going and rows > 0:
                with nogil:
                    going = table.stochastic_ascent(self.family, &self.state, min(slice_rows, rows))
                rows -= slice_rows
                PyErr_CheckSignals()
        finally:
            self.state.epochs = epochs
        return self.state.epoch < epochs and not self.diverged


CHAINS = thetahat_chains_n  # that go side by side


cdef class Chains:
    """Up to CHAINS independent ascents of the notebook's kind, side by side."""

    cdef const thetahat_family* family
    cdef thetahat_chains state
    cdef int64_t[::1] epochs
    cdef int count

    def __cinit__(self, int family, list starts, list rates):
        self.family = family_at(family)
        self.count = <int>len(starts)
        self.epochs = np.zeros(CHAINS, np.int64)
        for k in range(CHAINS):  # those that are not wanted do as the first
            read_theta(self.family, starts[k if k < self.count else 0], self.state.theta[k])
            self.state.rate[k] = rates[k if k < self.count else 0]
        self.family.begin_chains(&self.state)

    def run(self, Rows rows, str order, int64_t epochs, bit_generator=None, const double[:, :] groups=None):
        """Go so many epochs over rows; where there are groups, rows number their columns."""
        cdef Feed feed = Feed(rows, 1, order, bit_generator)
        cdef double x[256]
        cdef double side_by_side[256 * thetahat_chains_n]
        cdef double* taken = &x[0]
        cdef int shared = groups is None
        cdef int64_t took, i, column, since = 0
        cdef int k
        if not shared:
            taken = &side_by_side[0]
        for _ in range(epochs):
            took = 1
            while took:
                with nogil:
                    took = table.feed(&feed.state, 256, x, NULL)
                    if not shared:
                        for i in range(took):
                            column = <int64_t>x[i]
                            for k in range(thetahat_chains_n):
                                taken[i * thetahat_chains_n + k] = groups[k if k < self.count else 0, column]
                    self.family.chain_rows(&self.state, taken, shared, took)
                since += took * thetahat_chains_n
                if since >= STEP_SLICE:
                    PyErr_CheckSignals()
                    since = 0
            for k in range(self.count):
                self.epochs[k] += self.state.going[k] > 0

    def ends(self):
        """Return each chain's theta, the epochs that it has done, and whether it diverged."""
        return [
            (to_tuple(self.state.theta[k], self.family.n_params), self.epochs[k], self.state.going[k] == 0)
            for k in range(self.count)
        ]


cdef class Stream:
    """A scaled ascent along rows that arrive in any portions, each seen once."""

    cdef const thetahat_family* family
    cdef thetahat_rule rule
    cdef thetahat_walk walk
    cdef int held[thetahat_max_params]
    cdef double[::1] x
    cdef double[::1] w
    cdef int64_t filled, stepped, last
    cdef bint weighted
    cdef tuple made_of

    def __cinit__(self, int family, rule):
        self.made_of = family, rule
        self.family = family_at(family)
        self.rule = read_rule(rule)
        memset(&self.walk, 0, sizeof(self.walk))
        self.x = np.empty(segment_rows(rule.batch, rule.memory))
        self.w = np.ones(self.x.shape[0])
        if rule.held:
            read_held(self.family, rule.held, self.held)
            self.rule.held = self.held

    cdef const double* weights(self, int64_t first) noexcept nogil:
        return &self.w[first] if self.weighted else NULL

    def set_out(self, theta, const double[::1] known, const double[::1] weights=None):
        """Start from theta, the maximum of rows that are known."""
        cdef const double* w = NULL
        if weights is not None:
            w = &weights[0]
        read_theta(self.family, theta, self.walk.theta)
        self.family.set_out(&self.rule, &self.walk)
        self.family.take_stock(&self.rule, &self.walk, &known[0], w, known.shape[0])
        self.walk.t = self.walk.n

    cdef void step(self, bint all_rows) noexcept nogil:
        cdef int64_t n = self.filled - self.stepped
        if not all_rows:
            n -= n % self.rule.batch
        if n > 0:
            self.family.steps(
                &self.rule, &self.walk, NULL, &self.x[self.stepped], self.weights(self.stepped), n
            )
            self.stepped += n

    cdef void take_stock(self) noexcept nogil:
        if self.filled > 0:
            self.family.take_stock(&self.rule, &self.walk, &self.x[0], self.weights(0), self.filled)
        self.last = self.filled
        self.filled = self.stepped = 0

    def feed(self, const double[::1] x, const double[::1] weights=None):
        """Take steps on rows, as far as they fill batches; return how many, fewer where the law changes."""
        cdef int64_t n = x.shape[0], done = 0, size, room = self.x.shape[0]
        if weights is not None and not self.weighted:
            np.asarray(self.w)[:] = 1.0
            self.weighted = True
        while done < n:
            size = min(room - self.filled, n - done)
            memcpy(&self.x[self.filled], &x[done], size * sizeof(double))
            if weights is not None:
                memcpy(&self.w[self.filled], &weights[done], size * sizeof(double))
            elif self.weighted:
                np.asarray(self.w)[self.filled : self.filled + size] = 1.0
            self.filled += size
            done += size
            with nogil:
                self.step(False)
                if self.filled == room:
                    self.take_stock()
            if self.walk.lost != 0:
                break
            PyErr_CheckSignals()
        return done

    @property
    def lost(self):
        """Whether the rows of the last segment are of another law than those before."""
        return self.walk.lost != 0

    def segment(self):
        """Return the rows of the last segment, and their weights."""
        weights = np.array(self.w[: self.last]) if self.weighted else None
        return np.array(self.x[: self.last]), weights

    def copy(self):
        """Return a stream that goes on from the same rows."""
        cdef Stream other = Stream(*self.made_of)
        other.restore(*self.numbers())
        return other

    def finished(self):
        """Return a stream that has used all its rows."""
        cdef Stream other = self.copy()
        other.step(True)
        other.take_stock()
        return other

    @property
    def theta(self):
        return to_tuple(self.walk.theta, self.family.n_params)

    @property
    def n(self):
        """The sum of the rows' weights, less those that have faded."""
        return self.walk.t

    @property
    def rows(self):
        return int(self.walk.rows)

    @property
    def diverged(self):
        return self.walk.diverged != 0

    def evaluate(self):
        """Return log-likelihood, covariance, standard errors and Newton decrement, as the rows told them."""
        cdef thetahat_values v
        cdef int p = self.family.n_params
        self.family.walked(&self.rule, &self.walk, &v)
        return v.log_likelihood, to_tuple(v.covariance, p * p), to_tuple(v.standard_error, p), v.decrement

    def join(self, Stream other):
        """Go on as if the rows of both, which have used all theirs, had been seen."""
        self.family.join(&self.rule, &self.walk, &other.walk)

    def numbers(self):
        """Return where the stream stands: numbers, and arrays."""
        waiting = np.array(self.x[: self.filled]), np.array(self.w[: self.filled])
        values = {"stepped": self.stepped, "weighted": bool(self.weighted)}
        return values, {"walk": numbers_of(&self.walk), "x": waiting[0], "w": waiting[1]}

    def restore(self, values, arrays):
        """Stand where `numbers` was called."""
        cdef int64_t filled = arrays["x"].size
        read_numbers(arrays["walk"], &self.walk)
        if not 0 <= values["stepped"] <= filled <= self.x.shape[0] or arrays["w"].size != filled:
            raise ValueError("its rows are too many")
        self.filled, self.stepped, self.weighted = filled, values["stepped"], values["weighted"]
        np.asarray(self.x)[:filled] = arrays["x"]
        np.asarray(self.w)[:filled] = arrays["w"]
