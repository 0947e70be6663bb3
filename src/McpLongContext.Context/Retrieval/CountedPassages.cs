using System.Diagnostics.CodeAnalysis;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// The passages of hits in their order, with the tokens of their texts. They are read some at a time, so that all cores
/// count.
/// </summary>
/// <param name="reader">Where the texts are.</param>
/// <param name="hits">Ranked, best first.</param>
internal sealed class CountedPassages(IEvidenceSource reader, IReadOnlyList<RankedPassage> hits)
{
    /// <summary>Passages that are read ahead of a page's end are read in vain.</summary>
    private const int ReadAtOnce = 8;

    private readonly (Passage? Passage, int Tokens)[] _read = new (Passage?, int)[ReadAtOnce];
    private int _first;
    private int _end;

    /// <summary>The passage of a hit; <see langword="false"/> when it is not there or damaged.</summary>
    /// <param name="hit">The place of the hit, not before the one asked for last.</param>
    /// <param name="passage">The passage.</param>
    /// <param name="tokens">The tokens of its text.</param>
    public bool TryGet(int hit, [NotNullWhen(true)] out Passage? passage, out int tokens)
    {
        if (hit >= _end)
        {
            Read(hit);
        }

        (passage, tokens) = _read[hit - _first];
        return passage is not null;
    }

    private void Read(int first)
    {
        (_first, _end) = (first, Math.Min(first + ReadAtOnce, hits.Count));
        for (var i = _first; i < _end; i++)
        {
            _read[i - _first].Passage = reader.TryGet(hits[i].Id, out var passage) ? passage : null;
        }

        Parallel.For(
            0,
            _end - _first,
            i => _read[i].Tokens = _read[i].Passage is { } passage ? reader.TokensOf(passage) : 0
        );
    }
}
