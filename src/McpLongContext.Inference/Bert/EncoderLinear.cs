namespace McpLongContext.Inference.Bert;

/// <summary>The linear layers of a transformer layer that an <see cref="EncoderAdapter"/> may change.</summary>
public enum EncoderLinear
{
    /// <summary>[hidden, hidden].</summary>
    Query,

    /// <summary>[hidden, hidden].</summary>
    Key,

    /// <summary>[hidden, hidden].</summary>
    Value,

    /// <summary>[hidden, hidden], after the attention.</summary>
    AttentionOutput,

    /// <summary>[intermediate, hidden].</summary>
    Intermediate,

    /// <summary>[hidden, intermediate].</summary>
    Output,
}
