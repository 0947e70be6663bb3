namespace McpLongContext.Distributed.Messages;

/// <summary>Cuts lists of documents into messages: whole documents of many megabytes must not fill one.</summary>
internal static class DocumentParts
{
    private const int MostDocuments = 256;
    private const long MostBytes = 4 * 1024 * 1024;

    /// <summary>The parts, in order: a document that is larger than a part is one by itself.</summary>
    public static IEnumerable<T[]> Cut<T>(IEnumerable<T> documents, Func<T, long> bytesOf)
    {
        var (part, bytes) = (new List<T>(), 0L);
        foreach (var document in documents)
        {
            var more = bytesOf(document);
            if (part.Count == MostDocuments || (part.Count > 0 && bytes + more > MostBytes))
            {
                yield return [.. part];
                (part, bytes) = ([], 0);
            }

            part.Add(document);
            bytes += more;
        }

        if (part.Count > 0)
        {
            yield return [.. part];
        }
    }
}
