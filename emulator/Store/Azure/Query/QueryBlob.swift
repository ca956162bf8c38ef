import NIOCore
import NIOHTTP1
import XML

extension AzureCall {
    /// Query Blob Contents: runs a query over a blob, and sends what it finds as it finds it.
    func queryBlob() async throws -> HTTPReply {
        let document = try await document(limit: 256 << 10)
        guard document.name == "QueryRequest", let expression = document["Expression"] else {
            throw AzureError.invalidXML
        }
        if let type = document["QueryType"], type.uppercased() != "SQL" { throw AzureError.invalidXML }
        let input = try document.first("InputSerialization").map(QueryFormat.init) ?? .delimited(.init())
        let output = try document.first("OutputSerialization").map(QueryFormat.init) ?? input
        let run: QueryRun
        do { run = QueryRun(try QueryStatement(expression), input, output) } catch {
            throw AzureError(
                400, "InvalidInput", "One of the request inputs is not valid: \(error.description)")
        }
        let (found, reader) = try openBlob(nil)
        guard found.record.blobType == "BlockBlob" else { throw AzureError.invalidBlobType }
        var headers = HTTPHeaders()
        BlobProperties.add(found.record, to: &headers)
        headers.replaceOrAdd(name: "Content-Type", value: "avro/binary")
        if let md5 = found.record.fields["content-md5"] { headers.add(name: "x-ms-blob-content-md5", value: md5) }
        let size = found.record.size
        return HTTPReply(200, headers, body: .stream { try await Self.send(run, over: reader, size, to: $0) })
    }

    private static func send(
        _ given: QueryRun, over reader: SealedReader, _ size: Int64, to writer: HTTPReplyWriter
    ) async throws {
        var run = given
        let answer = QueryAnswer(totalBytes: size)
        var (scanned, hasSent): (Int64, Bool) = (0, false)
        try await writer.write(answer.header)
        // Clients take the first record for data, whatever comes.
        func tell(atEnd: Bool) async throws {
            let (data, problems) = run.takeAnswer()
            if data.readableBytes > 0 || atEnd && !hasSent {
                try await writer.write(answer.data(data))
                hasSent = true
            }
            for problem in problems { try await writer.write(answer.problem(problem, at: scanned)) }
            if hasSent { try await writer.write(answer.progress(scanned)) }
        }
        do {
            try await reader.forEachBuffer { piece in
                scanned += Int64(piece.readableBytes)
                if run.isSatisfied { return }
                try run.scan(piece)
                if scanned < size { try await tell(atEnd: false) }
            }
            try run.scan(nil)
            try await tell(atEnd: true)
        } catch let problem as QueryProblem {
            try await tell(atEnd: true)
            try await writer.write(answer.problem(problem, at: scanned))
        }
        try await writer.write(answer.end)
    }
}
