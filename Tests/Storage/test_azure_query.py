"""Queries over blobs: formats, the language, and what is told of records that do not fit."""

import json

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import DelimitedJsonDialect, DelimitedTextDialect

PICTURES = (b"prompt,size,steps\r\n" b"a cat,100,20\r\n" b'"a dog, asleep",250,30\r\n' b'"a ""bird""",40,10\r\n')
HEADER = DelimitedTextDialect(has_header=True)


@pytest.fixture
def query(container):
    blob = container.get_blob_client("q")

    def run(text, data=PICTURES, **options):
        blob.upload_blob(data, overwrite=True)
        errors = []
        reader = blob.query_blob(text, on_error=errors.append, **options)
        result = reader.readall()
        assert len(reader) == len(data)
        return result, [(e.error, e.is_fatal) for e in errors]

    return run


def rows(query, text, **options):
    result, errors = query(text, blob_format=HEADER, output_format=DelimitedTextDialect(has_header=False), **options)
    assert errors == []
    return result.decode().splitlines()


def test_everything_comes_back_with_plain_line_ends(query):
    assert query("SELECT * FROM BlobStorage") == (
        b'prompt,size,steps\na cat,100,20\n"a dog, asleep",250,30\n"a ""bird""",40,10\n', [])


def test_headers_are_kept_where_both_sides_have_them(query):
    assert query("SELECT steps, prompt FROM BlobStorage", blob_format=HEADER)[0].startswith(b"steps,prompt\n20,a cat\n")


@pytest.mark.parametrize("text, expected", [
    ("SELECT prompt FROM BlobStorage WHERE size > 90", ["a cat", '"a dog, asleep"']),
    ("SELECT _2 FROM BlobStorage WHERE _3 = 10", ["40"]),
    ("SELECT s.size FROM BlobStorage s WHERE s.prompt LIKE 'a d%'", ["250"]),
    ("SELECT size FROM BlobStorage LIMIT 1", ["100"]),
    ("SELECT size FROM BlobStorage WHERE size BETWEEN 40 AND 100", ["100", "40"]),
    ("SELECT size FROM BlobStorage WHERE size NOT IN (40, 250)", ["100"]),
    ("SELECT size FROM BlobStorage WHERE NOT (size = 40 OR steps = 30)", ["100"]),
    ("SELECT CAST(size AS INT) * 2 + 1 FROM BlobStorage WHERE steps = 20", ["201"]),
    ("SELECT CAST(size AS FLOAT) / 8 FROM BlobStorage WHERE steps = 20", ["12.5"]),
    ("SELECT CAST(size AS INT) % 7, -CAST(size AS INT) FROM BlobStorage WHERE steps = 20", ["2,-100"]),
    ("SELECT UPPER(prompt), CHAR_LENGTH(prompt) FROM BlobStorage LIMIT 1", ["A CAT,5"]),
    ("SELECT SUBSTRING(prompt, 3, 3), SUBSTRING(prompt FROM 3) FROM BlobStorage LIMIT 1", ["cat,cat"]),
    ("SELECT TRIM(LEADING 'a ' FROM prompt) FROM BlobStorage LIMIT 1", ["cat"]),
    ("SELECT prompt || '!' FROM BlobStorage LIMIT 1", ["a cat!"]),
    ("SELECT CASE WHEN size > 90 THEN 'big' ELSE 'small' END FROM BlobStorage", ["big", "big", "small"]),
    ("SELECT COALESCE(NULLIF(size, 100), 'none') FROM BlobStorage LIMIT 1", ["none"]),
    ("SELECT COUNT(*), SUM(size), MIN(size), MAX(size), AVG(steps) FROM BlobStorage", ["3,390,40,250,20"]),
    ("SELECT COUNT(*) FROM BlobStorage WHERE size < 1", ["0"]),
    ("SELECT EXTRACT(YEAR FROM CAST('2026-11-20T10:00:00Z' AS TIMESTAMP)) FROM BlobStorage LIMIT 1", ["2026"]),
    ("SELECT DATE_DIFF(MINUTE, TO_TIMESTAMP('2026-11-20T10:00:00Z'), TO_TIMESTAMP('2026-11-20T11:30:00Z')) "
     "FROM BlobStorage LIMIT 1", ["90"]),
    ("select \"size\" from blobstorage where prompt = 'a ''quote' or size = '40';", ["40"]),
])
def test_the_language(query, text, expected):
    assert rows(query, text) == expected


@pytest.mark.parametrize("text", [
    "", "SELECT", "SELECT * FROM Elsewhere", "SELECT FROM BlobStorage", "SELECT * FROM BlobStorage WHERE",
    "SELECT nothing(1) FROM BlobStorage", "SELECT 'open FROM BlobStorage", "SELECT * FROM BlobStorage LIMIT x",
    "SELECT * FROM BlobStorage WHERE COUNT(*) > 1", "SELECT * FROM BlobStorage; DROP",
    "SELECT " + "(" * 99 + "1" + ")" * 99 + " FROM BlobStorage"])
def test_what_is_no_query_is_refused(query, text):
    with pytest.raises(HttpResponseError) as error:
        query(text)
    assert error.value.status_code == 400


def test_other_separators(query):
    result, _ = query("SELECT * FROM BlobStorage", output_format=DelimitedTextDialect(
        delimiter=";", quotechar="'", lineterminator="."), data=b"x,1.5\ny,2\n")
    assert result == b"x;'1.5'.y;2."


def test_records_that_are_too_short_are_left_out_and_told(query):
    result, errors = query("SELECT b FROM BlobStorage", b"a,b\n1,2\n3\n5,6\n", blob_format=HEADER,
                           output_format=DelimitedTextDialect(has_header=False))
    assert (result, errors) == (b"2\n6\n", [("InvalidColumnOrdinal", False)])


def test_an_unknown_column_ends_the_query(query):
    _, errors = query("SELECT nothing FROM BlobStorage", blob_format=HEADER)
    assert errors == [("InvalidColumnName", True)]


def test_what_cannot_be_converted_is_left_out_and_told(query):
    result, errors = query("SELECT CAST(_1 AS INT) FROM BlobStorage", b"1\nx\n3\n")
    assert (result, errors) == (b"1\n3\n", [("InvalidTypeConversion", False)])


JSON = b'{"name":"a","n":1,"in":{"x":[5,6]}}\n{"name":"b"}{"n":2.5,"ok":true}'


@pytest.mark.parametrize("text, expected", [
    ("SELECT * FROM BlobStorage", [{"name": "a", "n": 1, "in": {"x": [5, 6]}}, {"name": "b"}, {"n": 2.5, "ok": True}]),
    ("SELECT name FROM BlobStorage", [{"name": "a"}, {"name": "b"}, {}]),
    ("SELECT n FROM BlobStorage WHERE n > 1.5", [{"n": 2.5}]),
    ("SELECT name FROM BlobStorage WHERE n IS MISSING", [{"name": "b"}]),
    ("SELECT in.x[1] FROM BlobStorage LIMIT 1", [{"x": 6}]),
    ("SELECT n AS count FROM BlobStorage WHERE ok", [{"count": 2.5}]),
    ("SELECT COUNT(name), SUM(n) FROM BlobStorage", [{"_1": 2, "_2": 3.5}]),
    ("SELECT * FROM BlobStorage[*].in", [{"x": [5, 6]}]),
])
def test_json(query, text, expected):
    result, errors = query(text, JSON, blob_format=DelimitedJsonDialect())
    assert ([json.loads(line) for line in result.splitlines()], errors) == (expected, [])


def test_json_with_another_separator(query):
    result, _ = query("SELECT name FROM BlobStorage", JSON, blob_format=DelimitedJsonDialect(),
                      output_format=DelimitedJsonDialect(delimiter=";"))
    assert result == b'{"name":"a"};{"name":"b"};{};'


def test_json_as_text_and_text_as_json(query):
    text = DelimitedTextDialect(has_header=False)
    assert query("SELECT name, in FROM BlobStorage LIMIT 1", JSON, blob_format=DelimitedJsonDialect(),
                 output_format=text)[0] == b'a,"{""x"":[5,6]}"\n'
    assert query("SELECT * FROM BlobStorage LIMIT 1", blob_format=HEADER, output_format=DelimitedJsonDialect())[0] == (
        b'{"prompt":"a cat","size":"100","steps":"20"}\n')


def test_what_is_no_json_ends_the_query(query):
    result, errors = query("SELECT * FROM BlobStorage", b"{name: x}\n{}", blob_format=DelimitedJsonDialect())
    assert (result, errors) == (b"", [("ParseError", True)])


def test_many_records_and_a_large_blob(query):
    data = b"".join(b"%d,%d\n" % (n, n % 7) for n in range(40_000))
    result, errors = query("SELECT COUNT(*), SUM(_1) FROM BlobStorage WHERE _2 = 3", data)
    expected = [n for n in range(40_000) if n % 7 == 3]
    assert (result, errors) == (b"%d,%d\n" % (len(expected), sum(expected)), [])
    result, _ = query("SELECT _1 FROM BlobStorage", data)
    assert result == b"".join(b"%d\n" % n for n in range(40_000))


def test_snapshots_and_archived_blobs(container, query):
    blob = container.upload_blob("s", b"1\n")
    snapshot = container.get_blob_client("s", snapshot=blob.create_snapshot())
    blob.upload_blob(b"2\n", overwrite=True)
    assert snapshot.query_blob("SELECT * FROM BlobStorage").readall() == b"1\n"
    blob.set_standard_blob_tier("Archive")
    with pytest.raises(HttpResponseError) as error:
        blob.query_blob("SELECT * FROM BlobStorage")
    assert error.value.error_code == "BlobArchived"
