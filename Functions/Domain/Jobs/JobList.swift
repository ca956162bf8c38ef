/// One page of jobs, newest first.
package struct JobList: Codable, Sendable {
    package var items: [JobView]
    /// What to ask with for the next page; absent on the last one.
    package var nextCursor: String?

    /// - Parameter records: one more than the limit says that there is another page.
    package init(_ records: [JobRecord], limit: Int, _ pictures: Pictures) throws {
        items = try records.prefix(limit).map { try JobView($0, pictures) }
        nextCursor = records.count > limit ? items.last.map { JobQuery.cursor(after: $0.id) } : nil
    }
}
