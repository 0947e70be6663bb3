namespace McpLongContext.Inference.Generation;

/// <summary>The last tokens of a sequence, as a ring.</summary>
/// <param name="length">How many are kept.</param>
internal sealed class RecentTokens(int length)
{
    private readonly int[] _ids = new int[length];
    private int _count;
    private int _next;

    public void Add(int id)
    {
        if (_ids.Length == 0)
        {
            return;
        }

        _ids[_next] = id;
        _next = (_next + 1) % _ids.Length;
        _count = Math.Min(_count + 1, _ids.Length);
    }

    /// <summary>Makes all kept tokens less likely, each once however often it is kept.</summary>
    public void Penalize(Span<float> logits, float penalty)
    {
        for (var i = 0; i < _count; i++)
        {
            var id = _ids[i];
            if ((uint)id < (uint)logits.Length && !_ids.AsSpan(0, i).Contains(id))
            {
                logits[id] = logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty;
            }
        }
    }
}
