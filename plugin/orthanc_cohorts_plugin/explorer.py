"""Links to the page: in Orthanc Explorer and in Orthanc's list of plugins.

Takes nothing that another script has taken.
"""

from __future__ import annotations

import json

from orthanc_cohorts_plugin.host import Orthanc

PAGE = "../cohorts/"
BUTTON = """
$(document).on('pagebeforecreate', '#lookup', function () {
  $('<a>', {
    'href': '../cohorts/', 'rel': 'external', 'target': '_blank', 'id': 'orthanc-cohorts', 'text': 'Cohorts',
    'data-role': 'button', 'data-icon': 'search', 'data-theme': 'c'
  }).appendTo($('#lookup div[data-role="content"]'));
});
"""


def add_button(host: Orthanc) -> None:
    """Add a button to the first page of Orthanc Explorer."""
    host.ExtendOrthancExplorer(BUTTON)


def link(host: Orthanc) -> None:
    """Link our page from the list of plugins, unless a script of this Orthanc links another page there."""
    described = json.loads(host.RestApiGet("/plugins/python"))
    if not described.get("RootUri"):
        host.SetRootUri(PAGE)
