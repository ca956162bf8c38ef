import NIOCore
import NIOHTTP1
import XML

extension AzureCall {
    func written(_ container: BucketRecord, status: Int) -> HTTPReply {
        HTTPReply(
            status,
            ["ETag": "\"\(container.azureETag)\"", "Last-Modified": HTTPDate.rfc1123(container.modified)])
    }

    /// An XML answer as Azure sends it: with a byte order mark.
    static func document(_ xml: XMLWriter) -> HTTPReply {
        var bytes = ByteBuffer(bytes: [0xEF, 0xBB, 0xBF])
        bytes.writeBytes(xml.bytes)
        return HTTPReply(200, ["Content-Type": "application/xml"], body: .bytes(bytes))
    }

    /// `x-ms-meta-…` with names in the client's case.
    func metadata() throws(AzureError) -> [(name: String, value: String)] {
        var metadata: [(name: String, value: String)] = []
        for (name, value) in request.headers where name.lowercased().hasPrefix("x-ms-meta-") {
            let key = String(name.dropFirst(10))
            if key.isEmpty {
                throw AzureError(400, "EmptyMetadataKey", "The key for one of the metadata key-value pairs is empty.")
            }
            let isIdentifier = key.unicodeScalars.allSatisfy {
                $0 == "_" || $0.properties.isAlphabetic || $0.properties.numericType != nil
            }
            guard isIdentifier, key.unicodeScalars.first?.properties.numericType == nil else {
                throw AzureError(
                    400, "InvalidMetadata",
                    "The metadata specified is invalid. It has characters that are not permitted.")
            }
            if let index = metadata.firstIndex(where: { $0.name.lowercased() == key.lowercased() }) {
                metadata[index].value += "," + value
            } else {
                metadata.append((key, value))
            }
        }
        if metadata.reduce(0, { $0 + $1.name.utf8.count + $1.value.utf8.count }) > 8192 {
            throw AzureError(
                400, "MetadataTooLarge", "The size of the specified metadata exceeds the maximum size permitted.")
        }
        return metadata
    }

    func createContainer() async throws -> HTTPReply {
        let name = address.container
        guard Self.isValid(container: name) else {
            throw name.utf8.count < 3 || name.utf8.count > 63
                ? AzureError(
                    400, "OutOfRangeInput",
                    "The specified resource name length is not within the permissible "
                        + "limits.")
                : AzureError.invalidResourceName
        }
        var fields = FieldList()
        fields.replaceAll("meta:", with: try metadata())
        fields["public-access"] = try publicAccessHeader()
        fields["versioning"] = options.keepsVersions ? Versioning.enabled.rawValue : nil
        if let scope = request.header("x-ms-default-encryption-scope"), !scope.isEmpty {
            fields["default-encryption-scope"] = scope
            let denies = request.header("x-ms-deny-encryption-scope-override")?.lowercased() == "true"
            fields["deny-encryption-scope"] = denies ? "true" : nil
        }
        let (settings, space, owner) = (fields, namespace, namespace.isEmpty ? "minioadmin" : namespace)
        let container = try await store.write { transaction in
            if try transaction.bucket(name, account: space) != nil { throw AzureError.containerAlreadyExists }
            try transaction.insert(bucket: name, account: space, owner: owner, fields: settings)
            return try transaction.bucket(name, account: space)!
        }
        return written(container, status: 201)
    }

    private func publicAccessHeader() throws(AzureError) -> String? {
        guard let access = request.header("x-ms-blob-public-access") else { return nil }
        guard access == "container" || access == "blob" else {
            throw .invalidHeader("x-ms-blob-public-access", access)
        }
        return access
    }

    static func isValid(container name: String) -> Bool {
        if name == "$root" || name == "$web" || name == "$logs" { return true }
        let bytes = Array(name.utf8)
        func isLetterOrDigit(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (0x30...0x39).contains(byte)
        }
        return (3...63).contains(bytes.count) && isLetterOrDigit(bytes[0]) && isLetterOrDigit(bytes[bytes.count - 1])
            && bytes.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
            && !zip(bytes, bytes.dropFirst()).contains { $0 == UInt8(ascii: "-") && $1 == UInt8(ascii: "-") }
    }

    func getContainerProperties() throws -> HTTPReply {
        let container = try store.read { try self.container($0) }
        try Lease(container.fields).allowRead(leaseID, .container)
        var reply = written(container, status: 200)
        for (name, value) in container.fields.all("meta:") {
            reply.headers.add(name: "x-ms-meta-" + name, value: value)
        }
        addLease(container.fields, to: &reply.headers)
        if let access = container.fields["public-access"] {
            reply.headers.add(name: "x-ms-blob-public-access", value: access)
        }
        reply.headers.add(name: "x-ms-has-immutability-policy", value: "false")
        reply.headers.add(name: "x-ms-has-legal-hold", value: "false")
        reply.headers.add(name: "x-ms-immutable-storage-with-versioning-enabled", value: "false")
        reply.headers.add(
            name: "x-ms-default-encryption-scope",
            value: container.fields["default-encryption-scope"] ?? BlobEncryption.accountScope)
        reply.headers.add(
            name: "x-ms-deny-encryption-scope-override", value: container.fields["deny-encryption-scope"] ?? "false")
        return reply
    }

    func addLease(_ fields: FieldList, to headers: inout HTTPHeaders) {
        let lease = Lease(fields)
        headers.add(name: "x-ms-lease-status", value: lease.isLocked ? "locked" : "unlocked")
        headers.add(name: "x-ms-lease-state", value: lease.state().rawValue)
        if let duration = lease.durationName { headers.add(name: "x-ms-lease-duration", value: duration) }
    }

    func deleteContainer() async throws -> HTTPReply {
        let (call, account) = (try detached(), address.account)
        try await store.write { transaction in
            let container = try call.find(transaction)
            try call.conditions.check(etag: container.azureETag, modified: container.modified, isRead: false)
            try Lease(container.fields).allowWrite(call.leaseID, .container)
            let policy = try SoftDelete(transaction, account: account)
            let deleted = DeletedContainers(of: call.namespace)
            if policy.days == nil {
                try transaction.delete(container)
            } else {
                try deleted.keep(container, by: policy, transaction)
            }
        }
        return HTTPReply(202)
    }

    private func changeContainer(
        _ body: @escaping @Sendable (inout BucketRecord) throws -> Void
    ) async throws -> BucketRecord {
        let call = try detached()
        return try await store.write { transaction in
            var container = try call.find(transaction)
            try call.conditions.check(etag: container.azureETag, modified: container.modified, isRead: false)
            try Lease(container.fields).allowRead(call.leaseID, .container)
            try body(&container)
            container.modified = transaction.now
            container.revision = transaction.draw()
            try transaction.update(container)
            return container
        }
    }

    func setContainerMetadata() async throws -> HTTPReply {
        let metadata = try metadata()
        return written(try await changeContainer { $0.fields.replaceAll("meta:", with: metadata) }, status: 200)
    }

    func getContainerACL() throws -> HTTPReply {
        let container = try store.read { try self.container($0) }
        try Lease(container.fields).allowRead(leaseID, .container)
        var reply = StoredPolicies(list: container.fields.all("policy:")).document
        for (name, value) in written(container, status: 200).headers { reply.headers.add(name: name, value: value) }
        if let access = container.fields["public-access"] {
            reply.headers.add(name: "x-ms-blob-public-access", value: access)
        }
        return reply
    }

    func setContainerACL() async throws -> HTTPReply {
        let access = try publicAccessHeader()
        let identifiers =
            request.header("content-length") == "0"
            ? [] : try StoredPolicies(await document(limit: 64 << 10), permissions: nil).list
        let container = try await changeContainer { container in
            container.fields["public-access"] = access
            container.fields.replaceAll("policy:", with: identifiers)
        }
        return written(container, status: 200)
    }
}
