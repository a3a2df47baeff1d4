"""A contract for import-linter: modules that may import the standard library and their own project only.

Knows import graphs; nothing of what the modules do.
"""

from __future__ import annotations

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class StandardLibraryOnly(Contract):
    """Fails when a source module, or one below it, imports a third-party package directly.

    source_modules: packages to hold to it. own: top-level packages that are the project's.
    exceptions: modules that may import anything.
    """

    source_modules = fields.ListField(subfield=fields.StringField())
    own = fields.ListField(subfield=fields.StringField())
    exceptions = fields.ListField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Return every import of the source modules that leaves the standard library."""
        allowed = sys.stdlib_module_names | set(self.own)
        found = sorted(
            f"{module} imports {imported}"
            for module in self._modules(graph)
            for imported in graph.find_modules_directly_imported_by(module)
            if imported.partition(".")[0] not in allowed
        )
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each import that breaks the contract."""
        for line in check.metadata["found"]:
            output.print_error(line)

    def _modules(self, graph: ImportGraph) -> set[str]:
        exceptions = set(self.exceptions or ())
        modules = {
            module
            for source in self.source_modules
            for module in (source, *graph.find_descendants(source))
            if module in graph.modules
        }
        return modules - exceptions
