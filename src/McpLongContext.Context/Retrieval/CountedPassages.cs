using System.Diagnostics.CodeAnalysis;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// The passages of hits in their order, with the tokens of what is shown of them. They are read some at a time, so that
/// all cores count, and not many more than a page has room for.
/// </summary>
/// <param name="reader">Where the texts are.</param>
/// <param name="hits">Ranked, best first.</param>
internal sealed class CountedPassages(IEvidenceSource reader, IReadOnlyList<RankedPassage> hits)
{
    /// <summary>Passages that are read ahead of a page's end are read in vain.</summary>
    private const int ReadAtOnce = 8;

    /// <summary>Characters of a token, roughly: decides only how many passages are read ahead.</summary>
    private const int CharactersOfToken = 6;

    private readonly Passage?[] _read = new Passage?[ReadAtOnce];
    private readonly int[] _tokens = new int[ReadAtOnce];
    private int _first;
    private int _end;

    /// <summary>The passage of a hit; <see langword="false"/> when it is not there or damaged.</summary>
    /// <param name="hit">The place of the hit, not before the one asked for last.</param>
    /// <param name="room">The tokens that a page has room for.</param>
    /// <param name="passage">The passage.</param>
    /// <param name="tokens">The tokens of what is shown of it.</param>
    public bool TryGet(int hit, int room, [NotNullWhen(true)] out Passage? passage, out int tokens)
    {
        if (hit >= _end)
        {
            Read(hit, room);
        }

        (passage, tokens) = (_read[hit - _first], _tokens[hit - _first]);
        return passage is not null;
    }

    private void Read(int first, int room)
    {
        (_first, _end) = (first, first);
        do
        {
            _read[_end - first] = reader.TryGet(hits[_end].Id, out var passage) ? passage : null;
            room -= (passage?.Text.Length ?? 0) / CharactersOfToken;
            _end++;
        } while (room > 0 && _end - first < ReadAtOnce && _end < hits.Count);

        Parallel.For(0, _end - first, i => _tokens[i] = _read[i] is { } passage ? reader.TokensOf(passage) : 0);
    }
}
