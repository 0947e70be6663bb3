namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>
/// The tokens of greatest score among those that were added. Of equal scores the earlier token is the better one.
/// </summary>
/// <param name="count">How many to keep.</param>
internal sealed class BestTokens(int count)
{
    private readonly PriorityQueue<TokenHit, (float Score, int Text, int Token)> _queue = new();
    private float _least = float.NegativeInfinity;

    /// <summary>Adds a token.</summary>
    public void Add(int text, int token, float score)
    {
        if (_queue.Count == count && score < _least)
        {
            return;
        }

        var hit = new TokenHit(text, token, score);
        if (_queue.Count < count)
        {
            _queue.Enqueue(hit, (score, -text, -token));
        }
        else
        {
            _queue.EnqueueDequeue(hit, (score, -text, -token));
        }

        _least = _queue.Peek().Score;
    }

    /// <summary>Adds those of another collection, which is given up; by several threads at once.</summary>
    public void Take(BestTokens other)
    {
        lock (_queue)
        {
            foreach (var (hit, _) in other._queue.UnorderedItems)
            {
                Add(hit.Text, hit.Token, hit.Score);
            }
        }
    }

    /// <summary>The tokens, best first.</summary>
    public TokenHit[] InOrder() =>
        [
            .. _queue
                .UnorderedItems.Select(item => item.Element)
                .OrderByDescending(hit => hit.Score)
                .ThenBy(hit => hit.Text)
                .ThenBy(hit => hit.Token),
        ];
}
