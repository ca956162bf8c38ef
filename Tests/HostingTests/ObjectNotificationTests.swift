import FoundationEssentials
import FunctionRuntime
import Hosting
import JSON
import Testing

struct ObjectNotificationTests {
    private static func read(_ text: String) throws -> ObjectNotification {
        try ObjectNotification(JSON(parsing: Array(text.utf8)))
    }

    private static func object(_ text: String) throws -> StoredObject {
        guard case .events(let objects) = try read(text) else { throw Failure.invalid("no events") }
        return try #require(objects.first)
    }

    @Test func `reads what MinIO posts`() throws {
        let object = try Self.object(
            """
            {"EventName":"s3:ObjectCreated:Put","Key":"bucket/dir/a b+ü.png","Records":[{"eventVersion":"2.0",
             "eventSource":"minio:s3","eventTime":"2026-11-20T19:22:31.123Z","eventName":"s3:ObjectCreated:Put",
             "responseElements":{"x-amz-request-id":"17A0"},
             "s3":{"bucket":{"name":"bucket"},"object":{"key":"dir%2Fa+b%2B%C3%BC.png","size":4096,"eTag":"abc",
              "contentType":"image/png","userMetadata":{"content-type":"image/png","X-Amz-Meta-Prompt":"a cat"},
              "sequencer":"17A1"}}}]}
            """)
        #expect(object.key == "dir/a b+ü.png")
        #expect(object.event == .created && object.bucket == "bucket" && object.store == "s3")
        #expect(object.size == 4096 && object.etag == "abc" && object.contentType == "image/png")
        #expect(object.metadata == ["prompt": "a cat"])
        #expect(object.id == "bucket/dir/a b+ü.png/ObjectCreated:Put/17A1/17A0/2026-11-20T19:22:31.123Z")
        #expect(RFC3339.string(from: object.time) == "2026-11-20T19:22:31.123Z")
    }

    @Test func `reads the records of AWS, and leaves out what is neither creation nor removal`() throws {
        let notification = try Self.read(
            """
            {"Records":[
             {"eventSource":"aws:s3","eventTime":"2026-11-20T19:22:31.123Z","eventName":"ObjectRemoved:Delete",
              "s3":{"bucket":{"name":"b"},"object":{"key":"a"}}},
             {"eventTime":"2026-11-20T19:22:31.123Z","eventName":"ObjectCreated:PutTagging",
              "s3":{"bucket":{"name":"b"},"object":{"key":"a"}}},
             {"eventTime":"2026-11-20T19:22:31.123Z","eventName":"ObjectRestore:Post",
              "s3":{"bucket":{"name":"b"},"object":{"key":"a"}}}]}
            """)
        guard case .events(let objects) = notification else {
            Issue.record("\(notification)")
            return
        }
        #expect(objects.map(\.event) == [.deleted])
        #expect(objects[0].size == 0 && objects[0].metadata.isEmpty)
    }

    @Test(
        arguments: [
            """
            [{"topic":"/subscriptions/x","subject":"/blobServices/default/containers/photos/blobs/dir/a b.png",
              "eventType":"Microsoft.Storage.BlobCreated","id":"e1","eventTime":"2026-11-20T19:22:31.1234567Z",
              "dataVersion":"","metadataVersion":"1","data":{"api":"PutBlob","eTag":"\\"0x8D\\"",
              "contentType":"image/png","contentLength":4096,"blobType":"BlockBlob","url":"https://x/photos/dir/a b.png"}}]
            """,
            """
            {"specversion":"1.0","source":"/subscriptions/x","type":"Microsoft.Storage.BlobCreated","id":"e1",
             "subject":"/blobServices/default/containers/photos/blobs/dir/a b.png","time":"2026-11-20T19:22:31.1234567Z",
             "data":{"api":"PutBlockList","eTag":"0x8D","contentType":"image/png","contentLength":4096}}
            """,
        ])
    func `reads Event Grid's events and CloudEvents`(text: String) throws {
        let object = try Self.object(text)
        #expect(object.store == "azure" && object.bucket == "photos" && object.key == "dir/a b.png")
        #expect(object.event == .created && object.id == "e1" && object.size == 4096)
        #expect(object.etag == "0x8D" && object.contentType == "image/png")
        #expect(RFC3339.string(from: object.time) == "2026-11-20T19:22:31.123Z")
    }

    @Test func `answers Event Grid's question whether it wants the events`() throws {
        let notification = try Self.read(
            """
            [{"id":"v","topic":"/x","subject":"","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent",
              "data":{"validationCode":"512d38b6","validationUrl":"https://x"},"eventTime":"2026-11-20T19:22:31Z"}]
            """)
        #expect(notification == .validation(answer: ["validationResponse": "512d38b6"]))
        #expect(
            ObjectNotification.allowance(origin: "eventgrid.azure.net")["webhook-allowed-origin"]
                == "eventgrid.azure.net")
    }

    @Test(
        arguments: [
            (#"{"hello":1}"#, "eventType"),
            (#"[{"eventType":"Microsoft.Storage.BlobCreated","id":"1","subject":"/x"}]"#, "subject"),
            (#"{"Records":[{}]}"#, "eventName"),
            (#"{"Records":[{"eventName":"s3:ObjectCreated:Put"}]}"#, "s3.bucket.name"),
            (
                #"{"Records":[{"eventName":"s3:ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"%z"}}}]}"#,
                "s3.object.key"
            ),
            (
                #"{"Records":[{"eventName":"s3:ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"a"}}}]}"#,
                "eventTime"
            ),
        ])
    func `names the field that is wrong`(text: String, field: String) throws {
        let failure = #expect(throws: Failure.self) { try Self.read(text) }
        #expect(failure?.code == .invalid)
        #expect(failure?.errors.map(\.field) == [field])
    }

    @Test func `takes S3's test for nothing`() throws {
        let text = #"{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2014-10-13T15:57:02.089Z","Bucket":"b"}"#
        #expect(try Self.read(text) == .events([]))
    }

    @Test func `leaves out events of other kinds`() throws {
        #expect(try Self.read(#"[{"eventType":"Microsoft.Storage.BlobTierChanged"}]"#) == .events([]))
    }
}
