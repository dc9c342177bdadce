"""What is asked of the inventory of a scan before."""

FILE_QUERY = "SELECT id, path, size, mtime_ns, etag, disposition, header, SOPInstanceUID, InstanceNumber FROM file"

FILE_RANGE_QUERY = """
SELECT source, path, size, mtime_ns, etag, disposition, header FROM file WHERE id > ? AND id <= ?
AND typeof(SOPInstanceUID) IN ('text', 'null') AND typeof(InstanceNumber) IN ('text', 'null')
AND typeof(header) IN ('integer', 'null')
"""

REUSED_FILES_QUERY = """
SELECT id, source, path, size, mtime_ns, etag, CASE disposition WHEN 'duplicate' THEN 'instance' ELSE disposition END,
    header, SOPInstanceUID, InstanceNumber
FROM file WHERE id <= ? ORDER BY id
"""

ARCHIVE_QUERY = """
SELECT id FROM file WHERE (source, path, size, mtime_ns, disposition) = (?, ?, ?, ?, 'archive') AND mtime_ns < ?
"""

MEMBERS_QUERY = """
SELECT path, size, disposition FROM file
WHERE source = ? AND (path >= ? AND path < ? OR path >= ? AND path < ?) ORDER BY id
"""

DUPLICATE_QUERY = """
SELECT 1 FROM file AS other JOIN file AS first
ON first.SOPInstanceUID = other.SOPInstanceUID AND first.disposition = 'instance'
WHERE (other.source, other.path, other.size, other.mtime_ns, other.etag) = (?, ?, ?, ?, ?) AND other.mtime_ns < ?
AND (first.source, first.path, first.size, first.mtime_ns, first.etag) = (?, ?, ?, ?, ?) AND first.mtime_ns < ?
AND other.id IN (SELECT file FROM issue WHERE code = 'instance.duplicate' AND file = other.id)
"""
