import XML

extension S3Call {
    func versioningDocument(of bucket: BucketRecord) -> HTTPReply {
        var xml = XMLWriter()
        xml.element("VersioningConfiguration", s3Namespace) { xml in
            if bucket.versioning != .off { xml.element("Status", bucket.versioning.rawValue) }
            for prefix in bucket.excludedPrefixes {
                xml.element("ExcludedPrefixes") { $0.element("Prefix", prefix) }
            }
            if bucket.excludesFolders { xml.element("ExcludeFolders", "true") }
        }
        return .xml(xml)
    }

    func putBucketVersioning() async throws {
        let document = try await document()
        guard let status = document["Status"] else {
            throw Self.illegalVersioning("The Versioning element must be specified")
        }
        guard let versioning = Versioning(rawValue: status), versioning != .off else { throw S3Error.malformedXML }
        let prefixes = document.all("ExcludedPrefixes").flatMap { $0.all("Prefix") }.map(\.text)
        let excludesFolders = document["ExcludeFolders"] == "true"
        let excludesAny = excludesFolders || !prefixes.isEmpty
        if excludesAny && versioning != .enabled {
            throw Self.illegalVersioning("Keys can be excluded only where versioning is enabled")
        }
        if prefixes.count > Self.mostExcludedPrefixes {
            throw Self.illegalVersioning("No more than \(Self.mostExcludedPrefixes) prefixes can be excluded")
        }
        try await change { bucket in
            if bucket.fields["object-lock"] != nil && (versioning == .suspended || excludesAny) {
                throw S3Error(
                    409, "InvalidBucketState",
                    "An Object Lock configuration is present on this bucket, so the versioning state cannot "
                        + "be changed."
                )
            }
            bucket.fields["versioning"] = versioning.rawValue
            bucket.excludedPrefixes = prefixes
            bucket.excludesFolders = excludesFolders
        }
    }

    private static let mostExcludedPrefixes = 10

    private static func illegalVersioning(_ message: String) -> S3Error {
        S3Error(400, "IllegalVersioningConfigurationException", message)
    }
}
