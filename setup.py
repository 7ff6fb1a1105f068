import os
import shutil
import sys
import sysconfig
import zlib
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
STABLE_ABI = not FREE_THREADED and sys.implementation.name == "cpython"

GNU_FLAGS = [
    "-std=c++17",
    "-g0",
    "-ffp-contract=off",  # the same bits with and without fused multiply-add
    "-fno-wrapv",  # Python's own flags define signed overflow, which costs the pass over memory a third
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fno-tree-slp-vectorize",  # pairing the parameters of a step lengthens the chain between steps
    "-fvisibility=hidden",
]
MSVC_FLAGS = ["/std:c++17", "/O2", "/fp:precise"]

MODULES = ("_core", "_sums", "_pieces", "_sgd", "_groups", "_replicates", "_arrow", "_censored", "_formulas")

# What is compiled for size, by the end of its path: the kernels of old processors, what runs once at a theta,
# and the glue to Python; replicates have loops over rows beside it.
SMALLER = {
    "isa/baseline.cpp": ["-O2"],
    "engine/formula.cpp": ["-Os"],
    **{f"engine/formula_{name}.cpp": ["-Os"] for name in ("integral", "probability", "starts", "variable")},
    **{f"src/thetahat/{name}.cpp": ["-Os"] for name in MODULES},
    "src/thetahat/_replicates.cpp": ["-O2", "-ftree-vectorize", "-fvect-cost-model=dynamic"],
}


def files(folder, *suffixes):
    return sorted(path.as_posix() for path in Path(folder).rglob("*") if path.suffix in suffixes)


HEADERS = files("csrc", ".hpp", ".h", ".def")
CALLED = [*files("csrc/thetahat", ".h"), "csrc/thetahat/calls.hpp"]  # what the other extensions include


def optimization_of(source, compiler_type):
    """Flags that make the object of a source small; those of the compiler's own otherwise."""
    if compiler_type == "msvc":
        return []
    return next((flags for end, flags in SMALLER.items() if source.endswith(end)), ["-O3"])


def object_of(source, output_dir):
    """Where distutils puts the object of a source."""
    return Path(output_dir or "", source).with_suffix(".o")


def is_new(source, target):
    """Whether an object is newer than its source and all headers, and need not be compiled again."""
    if not target.exists():
        return False
    made = target.stat().st_mtime
    return all(Path(name).stat().st_mtime < made for name in (source, "setup.py", *HEADERS))


def compile_side_by_side(compiler, pool):
    """Compile the sources that have changed in a pool of all extensions, through ccache where it is there."""
    compile_all = compiler.compile
    cache = shutil.which("ccache")
    if cache and hasattr(compiler, "compiler_so_cxx"):
        compiler.compiler_so_cxx = [cache, *compiler.compiler_so_cxx]

    def compile_each(sources, output_dir=None, extra_postargs=None, **options):
        def compile_one(source):
            target = object_of(source, output_dir)
            if is_new(source, target):
                return [str(target)]
            flags = [*optimization_of(source, compiler.compiler_type), *(extra_postargs or ())]
            return compile_all([source], output_dir=output_dir, extra_postargs=flags, **options)

        return list(chain(*pool.map(compile_one, sources)))

    compiler.compile = compile_each


class BuildExt(build_ext):
    """Flags by compiler; what the environment's CXXFLAGS say comes after them and wins.

    Objects stay in a folder of their own for each Python and each CXXFLAGS, so that a second build is quick.
    """

    def finalize_options(self):
        super().finalize_options()
        flags = zlib.crc32(os.environ.get("CXXFLAGS", "").encode())
        self.build_temp = (
            f"build/objects-{sys.implementation.cache_tag}-{sysconfig.get_platform()}-{flags:08x}"
        )

    def build_extensions(self):
        flags = MSVC_FLAGS if self.compiler.compiler_type == "msvc" else GNU_FLAGS
        for extension in self.extensions:
            extension.extra_compile_args = flags + os.environ.get("CXXFLAGS", "").split()
        self.parallel = len(self.extensions)  # threads that wait for objects of theirs, and link them
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            compile_side_by_side(self.compiler, pool)
            super().build_extensions()


def extension(name, sources, headers=()):
    return Extension(
        f"thetahat.{name}",
        sources=[f"src/thetahat/{name}.pyx", *sources],
        include_dirs=["csrc"],
        depends=list(headers),
        define_macros=[("Py_LIMITED_API", "0x030B0000")] if STABLE_ABI else [],
        extra_link_args=[] if sys.platform in ("win32", "darwin") else ["-Wl,-s"],
        py_limited_api=STABLE_ABI,
        language="c++",
    )


# The longest first, so that no core waits for one of them in the end: those of all families.
CORE = sorted(files("csrc", ".cpp"), key=lambda source: "/isa/" not in source)

extensions = [
    extension("_core", CORE, HEADERS),  # the compiled core is linked into this one
    *(extension(name, [], CALLED) for name in MODULES[1:]),
]

if __name__ == "__main__":  # Cython's processes import this file where they cannot fork
    setup(
        ext_modules=cythonize(extensions, build_dir="build/cython", nthreads=os.cpu_count()),
        cmdclass={"build_ext": BuildExt},
        options={"bdist_wheel": {"py_limited_api": "cp311"}} if STABLE_ABI else {},
    )
