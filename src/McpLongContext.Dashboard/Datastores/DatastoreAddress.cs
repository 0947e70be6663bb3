namespace McpLongContext.Dashboard.Datastores;

/// <summary>The addresses of datastores and documents.</summary>
public static class DatastoreAddress
{
    /// <summary>The page of a datastore.</summary>
    public static string Of(string datastore) => $"/datastores/{Uri.EscapeDataString(datastore)}";

    /// <summary>The page of a document, at a line.</summary>
    public static string Of(string datastore, string document, int line = 1) =>
        $"{Of(datastore)}/document?path={Uri.EscapeDataString(document)}&line={line}#L{line}";
}
