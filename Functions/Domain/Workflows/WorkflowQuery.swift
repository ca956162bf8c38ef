internal import Cryptography
package import FunctionRuntime

/// Which workflows a list shows.
package struct WorkflowQuery: Sendable, Hashable {
    /// Workflows in one page.
    package static let pageLimit = 100

    private let category: WorkflowCategory?
    private let cursor: String?
    private let limit: Int

    /// - Throws: `Failure.invalid` that names the field.
    package init(category: WorkflowCategory? = nil, cursor: String? = nil, limit: Int? = nil) throws(Failure) {
        self.category = category
        self.limit = limit ?? Self.pageLimit
        guard (1...Self.pageLimit).contains(self.limit) else {
            throw .invalid("must be from 1 to \(Self.pageLimit)", field: "limit")
        }
        self.cursor = try cursor.map { text throws(Failure) in
            guard let bytes = Base64.decodeURL(text), let id = String(validating: bytes, as: UTF8.self) else {
                throw .invalid("is not a cursor of this list; use nextCursor of the page before", field: "cursor")
            }
            return id
        }
    }

    /// One page of the workflows that jobs may ask for, in the order of their ids.
    package func page(of snapshot: WorkflowSnapshot, isDefault: (Workflow) -> Bool) -> WorkflowList {
        let rest = snapshot.enabled.filter { workflow in
            (category == nil || workflow.category == category) && cursor.map { workflow.id > $0 } ?? true
        }
        let items = rest.prefix(limit).map { WorkflowView($0, isDefault: isDefault($0)) }
        let next = rest.count > limit ? items.last.map { Base64.encodeURL(Array($0.id.utf8)) } : nil
        return WorkflowList(items: items, nextCursor: next)
    }
}
