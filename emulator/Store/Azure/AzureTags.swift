import XML

/// Blob index tags (https://learn.microsoft.com/rest/api/storageservices/set-blob-tags).
enum AzureTags {
    static func parse(header: String) throws(AzureError) -> [(name: String, value: String)] {
        try check(
            header.split(separator: "&").map { field in
                let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (
                    name: PercentEncoding.decode(parts[0], plusIsSpace: true),
                    value: parts.count > 1 ? PercentEncoding.decode(parts[1], plusIsSpace: true) : ""
                )
            })
    }

    static func parse(_ document: XMLElement) throws(AzureError) -> [(name: String, value: String)] {
        guard document.name == "Tags", let set = document.first("TagSet") else { throw .invalidXML }
        return try check(set.all("Tag").map { (name: $0["Key"] ?? "", value: $0["Value"] ?? "") })
    }

    private static func check(
        _ tags: [(name: String, value: String)]
    ) throws(AzureError) -> [(name: String, value: String)] {
        let invalid = AzureError(
            400, "InvalidTags", "The tags specified are invalid. It contains characters that are not permitted.")
        if tags.count > 10 {
            throw AzureError(400, "TagsTooLarge", "The tags specified exceed the maximum permissible limit.")
        }
        for tag in tags {
            guard (1...128).contains(tag.name.utf8.count), tag.value.utf8.count <= 256,
                (tag.name + tag.value).unicodeScalars.allSatisfy(isAllowed)
            else { throw invalid }
        }
        if Set(tags.map(\.name)).count != tags.count { throw invalid }
        return tags
    }

    /// Whether names and values of tags may have this character.
    static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || " +-./:=_".unicodeScalars.contains(scalar))
    }

    static func write(_ tags: [(name: String, value: String)], _ xml: inout XMLWriter) {
        xml.element("Tags") { xml in
            xml.element("TagSet") { xml in
                for tag in tags {
                    xml.element("Tag") { xml in
                        xml.element("Key", tag.name)
                        xml.element("Value", tag.value)
                    }
                }
            }
        }
    }
}
