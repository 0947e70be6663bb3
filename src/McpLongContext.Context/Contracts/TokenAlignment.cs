namespace McpLongContext.Context.Contracts;

/// <summary>The token alignment of a question and a passage by late interaction.</summary>
/// <param name="Text">The text of the passage.</param>
/// <param name="QueryTerms">The terms of the question, in order, each of one or several tokens.</param>
/// <param name="Spans">The parts of the text that have token embeddings, in order.</param>
public sealed record TokenAlignment(string Text, IReadOnlyList<string> QueryTerms, IReadOnlyList<AlignedSpan> Spans);

/// <summary>A part of a text, of one or several tokens.</summary>
/// <param name="Start">The first character within the text.</param>
/// <param name="Length">The characters.</param>
/// <param name="Similarities">
/// The greatest cosine similarity of its tokens to those of each term of the question, <c>[terms]</c>.
/// </param>
public sealed record AlignedSpan(int Start, int Length, IReadOnlyList<float> Similarities);
