namespace McpLongContext.Distributed.Querying;

/// <summary>A copy has other documents by now than the one that a question began with: the question begins anew.</summary>
internal sealed class OtherDocumentsException()
    : Exception("the copy has other documents than the one that was asked first");
