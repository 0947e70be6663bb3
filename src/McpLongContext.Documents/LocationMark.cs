namespace McpLongContext.Documents;

/// <summary>Where a line of the text stands in the file, as readers of the format cite it.</summary>
/// <param name="Line">The first line of the text that stands there, 1-based; it holds up to the next mark.</param>
/// <param name="Fragment">The place, as it stands after <c>#</c> in a citation: <c>page=12</c>.</param>
/// <param name="Cuts">Whether a passage ends here: pages and slides are not mixed, rows of a table are.</param>
public readonly record struct LocationMark(int Line, string Fragment, bool Cuts);
