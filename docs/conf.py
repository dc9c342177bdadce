"""How Sphinx builds the site: `make docs`, or `sphinx-build -c docs . build/site` at the top of a checkout.

The top of the checkout is the source directory, so that pages, notebooks and the changelog are linked by the same
relative paths on the site and on a code forge.
"""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_site"))  # the site's own extension
sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

project = "dicommap"
author = "The dicommap developers"
copyright = "The dicommap developers, Apache-2.0"  # noqa: A001 - Sphinx gives it this name
release = version = version_of("dicommap")

root_doc = "docs/index"
include_patterns = ["docs/**", "notebooks/**", "CHANGELOG.md"]
exclude_patterns = [".*", "build", "dist", "demo", "src", "tests", "schemas", "docs/_site", "**/.ipynb_checkpoints"]
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton", "commands"]

# Every reference has to lead somewhere. Other projects' names cannot be looked up offline; ours can.
nitpicky = True
nitpick_ignore_regex = [(r"py:.*", r"(?!dicommap\.).*")]
nitpick_ignore = [("py:class", "dicommap.issues.bounded_list.ItemT")]  # a type variable

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
suppress_warnings = [
    "myst.header",  # the changelog starts a subsection per kind of change
    "ref.python",  # attributes such as `bytes` and `files` have the names of types and of each other
]
napoleon_use_ivar = True  # attributes of a class are described once
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_timeout = 60
nb_execution_raise_on_error = True
nb_merge_streams = True

smartquotes = False  # options begin with two hyphens
default_role = "code"  # docstrings put code between single backticks
autodoc_member_order = "bysource"
autodoc_class_signature = "separated"  # the members describe the arguments of a constructor
autodoc_default_options = {"members": True, "undoc-members": True, "exclude-members": "__init__, __new__"}
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88

# A copy button copies the commands of a transcript, without prompts and outputs.
copybutton_prompt_text = r"\$ "
copybutton_prompt_is_regexp = True
copybutton_line_continuation_character = "\\"
copybutton_exclude = ".linenos, .gp, .go"

html_theme = "furo"
html_title = f"dicommap {release}"
html_static_path = ["_site/static"]
html_css_files = ["site.css"]
html_extra_path = ["_site/root"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
