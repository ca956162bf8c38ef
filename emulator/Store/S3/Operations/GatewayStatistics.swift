import GRDB
import NIOHTTP1
import XML

/// How much there is, as Ceph's gateway tells clients that ask by its own parameters
/// (https://docs.ceph.com/en/latest/radosgw/s3/serviceops/#get-usage-stats). There are no quotas here: they are said as
/// the gateway says them where nobody set any.
extension S3Call {
    private static let mostBuckets = "1000"
    private static let noQuota = "-1"

    /// What `read-stats` adds to the answer about a bucket.
    func addStatistics(of bucket: BucketRecord, to headers: inout HTTPHeaders) throws {
        guard request.parameter("read-stats") == "true" else { return }
        let amount = try store.read { try $0.amount(in: bucket.id) }
        headers.add(name: "X-RGW-Object-Count", value: String(amount.objects))
        headers.add(name: "X-RGW-Bytes-Used", value: String(amount.bytes))
        headers.add(name: "X-RGW-Quota-Max-Buckets", value: Self.mostBuckets)
        for quota in ["User-Size", "User-Objects", "Bucket-Size", "Bucket-Objects"] {
            headers.add(name: "X-RGW-Quota-" + quota, value: Self.noQuota)
        }
    }

    /// The answer to a list of `buckets` that asks for their `usage` instead.
    func usage(of buckets: [BucketRecord]) throws -> HTTPReply {
        let total = try store.read { snapshot in
            try buckets.reduce(into: StoredAmount()) { total, bucket in
                let amount = try snapshot.amount(in: bucket.id)
                total.objects += amount.objects
                total.bytes += amount.bytes
            }
        }
        var xml = XMLWriter()
        xml.element("Usage") { xml in
            xml.element("Entries")
            xml.element("Summary") { xml in
                xml.element("QuotaMaxBuckets", Self.mostBuckets)
                for quota in ["Bytes", "ObjCount", "BytesPerBucket", "ObjCountPerBucket"] {
                    xml.element("QuotaMax" + quota, Self.noQuota)
                }
                xml.element("TotalBytes", total.bytes)
                xml.element("TotalEntries", total.objects)
            }
        }
        return .xml(xml)
    }
}

/// How many objects there are, and of how many bytes together.
struct StoredAmount {
    var objects: Int64 = 0
    var bytes: Int64 = 0
}

extension StoreReading {
    /// Of the current objects of a bucket. Every one of them is looked at.
    func amount(in bucket: Int64) throws -> StoredAmount {
        guard
            let row = try row(
                "SELECT count(*) AS objects, ifnull(sum(size), 0) AS bytes FROM object WHERE bucket = ?", [bucket])
        else { return StoredAmount() }
        return StoredAmount(objects: row["objects"], bytes: row["bytes"])
    }
}
