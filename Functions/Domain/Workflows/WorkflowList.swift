/// One page of workflows, by their ids.
package struct WorkflowList: Codable, Sendable {
    package var items: [WorkflowView]
    /// What to ask with for the next page; absent on the last one.
    package var nextCursor: String?
}
