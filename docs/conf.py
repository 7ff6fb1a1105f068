"""How Sphinx builds this documentation; `bash .ci/docs` runs it, with warnings as errors."""

import sys
from pathlib import Path

import thetahat

sys.path.append(str(Path(__file__).parent / "extensions"))

project = "thetahat"
author = "The thetahat developers"
project_copyright = f"2026, {author}"
version = release = thetahat.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
    "family_pages",
    "public_names",
]
exclude_patterns = ["data/*.md", "templates"]
templates_path = ["templates"]
default_role = "autolink"  # single backquotes name objects, and link to those that can be imported

# Every tutorial runs when it is built; an error in one is an error of the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 60
nb_merge_streams = True
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"  # NumPy docstrings name the types
autodoc_member_order = "bysource"
suppress_warnings = ["ref.python"]  # attributes of several classes have one name
numpydoc_show_class_members = False  # the template of classes shows members with all that they say

html_theme = "pydata_sphinx_theme"
html_title = f"thetahat {version}"
html_theme_options = {
    "navigation_with_keys": False,
    "navbar_persistent": ["search-button"],
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
WITHOUT_SIDEBAR = ("index", "install", "command_line", "numerics", "stochastic", "coming_from", "support")
WITHOUT_SIDEBAR += ("changelog",)
html_sidebars = {page: [] for page in WITHOUT_SIDEBAR}
html_static_path = ["static"]
html_css_files = ["widths.css"]
html_copy_source = False
