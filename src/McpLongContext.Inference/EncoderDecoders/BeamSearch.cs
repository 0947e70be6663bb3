using System.Numerics.Tensors;

namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>
/// Beam search with length penalty and without repeated n-grams, as the reference implementation searches (Transformers,
/// <c>beam_search</c>); one beam is greedy decoding.
/// </summary>
public sealed class BeamSearch
{
    private readonly TargetSession _session;
    private readonly BeamSettings _settings;
    private readonly int _vocabulary;
    private readonly int _end;
    private readonly EndedHypotheses _ended;
    private readonly float[] _logits;
    private List<Beam> _beams;

    /// <summary>Prepares a search.</summary>
    /// <param name="session">A new target.</param>
    /// <param name="settings">How it is searched for.</param>
    /// <param name="vocabulary">
    /// Tokens that may be written; the rest of the model's vocabulary is padding. Null: all.
    /// </param>
    /// <param name="prompt">
    /// Tokens that the target goes on from, after the one that begins targets; they count as its tokens and have a
    /// log-likelihood of 0.
    /// </param>
    public BeamSearch(
        TargetSession session,
        BeamSettings settings,
        int? vocabulary = null,
        IReadOnlyList<int>? prompt = null
    )
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.Beams, 1, nameof(settings));
        var config = session.Model.Config;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(settings.MaxLength, config.MaxPositions, nameof(settings));
        (_session, _settings, _end) = (session, settings, config.End);
        _vocabulary = Math.Min(vocabulary ?? config.VocabularySize, config.VocabularySize);
        _logits = new float[settings.Beams * config.VocabularySize];
        _ended = new EndedHypotheses(settings.Beams, settings.LengthPenalty);
        int[] begin = [config.TargetBegin, .. prompt ?? []];
        for (var i = 0; i < begin.Length - 1; i++)
        {
            session.Step([begin[i]], i == 0 ? [] : [0], _logits.AsSpan(0, config.VocabularySize));
        }

        _beams = [new Beam(begin, 0, Parent: begin.Length > 1 ? 0 : -1)];
    }

    /// <summary>Searches; computing takes long, and runs on the caller's thread.</summary>
    /// <param name="written">Told after every step how many tokens the hypotheses have.</param>
    /// <param name="cancellation">Breaks off between steps; the best so far is returned.</param>
    public FoundTarget Run(Action<int>? written = null, CancellationToken cancellation = default)
    {
        var isDone = false;
        while (!isDone && !cancellation.IsCancellationRequested && _beams[0].Tokens.Length < _settings.MaxLength)
        {
            Step();
            isDone = Extend();
            written?.Invoke(_beams[0].Tokens.Length - 1);
        }

        var isPartial = !isDone && cancellation.IsCancellationRequested;
        if (!isDone)
        {
            foreach (var beam in _beams)
            {
                _ended.Add(beam, Rows(beam));
            }
        }

        return _ended.Best.ToTarget(_end, isPartial);
    }

    /// <summary>The rows of a beam: of all of its tokens but the last, which has not passed the model.</summary>
    private int[] Rows(Beam beam) => beam.Parent < 0 ? [] : _session.Hypotheses[beam.Parent];

    private void Step()
    {
        var parents = _beams[0].Parent < 0 ? [] : _beams.Select(beam => beam.Parent).ToArray();
        var logits = _logits.AsSpan(0, _beams.Count * _session.Model.Config.VocabularySize);
        _session.Step([.. _beams.Select(beam => beam.Tokens[^1])], parents, logits);
    }

    /// <summary>Takes the best successors of all beams; true when the search is over.</summary>
    private bool Extend()
    {
        var candidates = new List<(double Score, int Beam, int Token)>();
        for (var beam = 0; beam < _beams.Count; beam++)
        {
            AddCandidates(beam, candidates);
        }

        candidates.Sort(Compare);
        var next = new List<Beam>();
        var best = candidates.Count > 0 ? candidates[0].Score : double.NegativeInfinity;
        for (var rank = 0; rank < Math.Min(candidates.Count, 2 * _settings.Beams); rank++)
        {
            var (score, beam, token) = candidates[rank];
            int[] tokens = [.. _beams[beam].Tokens, token];
            if (token != _end)
            {
                next.Add(new Beam(tokens, score, beam));
            }
            else if (rank < _settings.Beams)
            {
                _ended.Add(new Beam(tokens, score, beam), _session.Hypotheses[beam]);
            }

            if (next.Count == _settings.Beams)
            {
                break;
            }
        }

        var length = _beams[0].Tokens.Length;
        if (next.Count == 0)
        {
            // Nothing may follow: the texts end here.
            for (var beam = 0; beam < _beams.Count && !_ended.IsFull; beam++)
            {
                _ended.Add(_beams[beam], _session.Hypotheses[beam]);
            }

            return true;
        }

        _beams = next;
        return _ended.IsFull && (_settings.EarlyStopping || !_ended.CanImprove(best, length));
    }

    /// <summary>The best successors of one beam: no more than could all be taken.</summary>
    private void AddCandidates(int index, List<(double Score, int Beam, int Token)> candidates)
    {
        var beam = _beams[index];
        var logits = _logits.AsSpan(index * _session.Model.Config.VocabularySize, _vocabulary);
        var max = TensorPrimitives.Max<float>(logits);
        var sum = 0.0;
        foreach (var logit in logits)
        {
            sum += Math.Exp(logit - max);
        }

        var normalizer = max + Math.Log(sum);
        if (beam.Tokens.Length == 1 && _settings.ForcedBegin is { } begin)
        {
            candidates.Add((beam.Score, index, begin));
            return;
        }

        if (beam.Tokens.Length == _settings.MaxLength - 1 && _settings.ForcedEnd is { } end)
        {
            candidates.Add((beam.Score, index, end));
            return;
        }

        Forbid(beam.Tokens, logits);
        var best = new PriorityQueue<int, (float, int)>();
        for (var token = 0; token < logits.Length; token++)
        {
            if (float.IsNegativeInfinity(logits[token]))
            {
                continue;
            }

            if (best.Count < 2 * _settings.Beams)
            {
                best.Enqueue(token, (logits[token], -token));
            }
            else if (logits[token] > logits[best.Peek()])
            {
                best.DequeueEnqueue(token, (logits[token], -token));
            }
        }

        foreach (var (token, _) in best.UnorderedItems)
        {
            candidates.Add((beam.Score + logits[token] - normalizer, index, token));
        }
    }

    /// <summary>Takes away the tokens that may not come next.</summary>
    private void Forbid(int[] tokens, Span<float> logits)
    {
        if (tokens.Length < _settings.MinLength)
        {
            logits[_end] = float.NegativeInfinity;
        }

        var size = _settings.NoRepeatNgram;
        if (size == 0)
        {
            return;
        }

        var last = tokens.AsSpan(Math.Max(0, tokens.Length - size + 1));
        for (var start = 0; start + size <= tokens.Length; start++)
        {
            if (tokens.AsSpan(start, size - 1).SequenceEqual(last) && tokens[start + size - 1] < logits.Length)
            {
                logits[tokens[start + size - 1]] = float.NegativeInfinity;
            }
        }
    }

    /// <summary>Best first; of equal ones that of the first beam, then of the first token.</summary>
    private static int Compare((double Score, int Beam, int Token) a, (double Score, int Beam, int Token) b)
    {
        var byScore = b.Score.CompareTo(a.Score);
        return byScore != 0 ? byScore
            : a.Beam != b.Beam ? a.Beam.CompareTo(b.Beam)
            : a.Token.CompareTo(b.Token);
    }
}
