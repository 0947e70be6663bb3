using System.Collections.Frozen;
using System.Text.Json;

namespace McpLongContext.Inference.Checkpoints;

/// <summary>
/// The fields of a <c>config.json</c> that no family here reads: those that change nothing, and those that would.
/// </summary>
internal static class NeutralFields
{
    /// <summary>
    /// Fields about training, generation, the file's origin or the program that wrote it; no logit depends on them. The
    /// tokens that begin and end texts are read with the tokenizer.
    /// </summary>
    private static readonly FrozenSet<string> s_withoutEffect = FrozenSet.Create(
        StringComparer.Ordinal,
        [
            "_attn_implementation",
            "_attn_implementation_autoset",
            "_flash_attn_2_enabled",
            "_name_or_path",
            "architectures",
            "attention_dropout",
            "attention_probs_dropout_prob",
            "attn_implementation",
            "attn_pdrop",
            "auto_map",
            "bad_words_ids",
            "begin_suppress_tokens",
            "bos_token_id",
            "chunk_size_feed_forward",
            "classifier_dropout",
            "decoder_start_token_id",
            "directionality",
            "diversity_penalty",
            "do_sample",
            "dtype",
            "early_stopping",
            "embd_pdrop",
            "encoder_no_repeat_ngram_size",
            "eos_token_id",
            "exponential_decay_length_penalty",
            "finetuning_task",
            "forced_bos_token_id",
            "forced_eos_token_id",
            "gradient_checkpointing",
            "hidden_dropout",
            "hidden_dropout_prob",
            "id2label",
            "initializer_range",
            "is_decoder",
            "is_llama_config",
            "label2id",
            "length_penalty",
            "max_length",
            "min_length",
            "no_repeat_ngram_size",
            "num_beam_groups",
            "num_beams",
            "num_labels",
            "num_return_sequences",
            "output_attentions",
            "output_hidden_states",
            "output_scores",
            "pad_token_id",
            "pooler_fc_size",
            "pooler_num_attention_heads",
            "pooler_num_fc_layers",
            "pooler_size_per_head",
            "pooler_type",
            "prefix",
            // Splits matrices over processors, which changes no product.
            "pretraining_tp",
            "problem_type",
            "remove_invalid_values",
            "repetition_penalty",
            "resid_pdrop",
            "return_dict",
            "return_dict_in_generate",
            "sep_token_id",
            "suppress_tokens",
            "task_specific_params",
            "temperature",
            "tf_legacy_loss",
            "tie_encoder_decoder",
            "tokenizer_class",
            "top_k",
            "top_p",
            "torch_dtype",
            "torchscript",
            "transformers.js_config",
            "transformers_version",
            "typical_p",
            "unk_token_id",
            "unsloth_fixed",
            "unsloth_version",
            "use_bfloat16",
            "use_cache",
        ]
    );

    /// <summary>Fields that would make another model of it, and must not be set, with what helps.</summary>
    private static readonly FrozenDictionary<string, string> s_unsupported = new Dictionary<string, string>(
        StringComparer.Ordinal
    )
    {
        ["quantization_config"] = "unquantized weights: use the model's original repository, or a GGUF file of it",
        ["quantization"] = "unquantized weights: use the model's original repository, or a GGUF file of it",
        ["compression_config"] = "unquantized weights: use the model's original repository, or a GGUF file of it",
        ["num_experts"] = "no experts: use a dense model",
        ["num_local_experts"] = "no experts: use a dense model",
        ["n_routed_experts"] = "no experts: use a dense model",
        ["is_encoder_decoder"] = "a decoder alone",
        ["add_cross_attention"] = "a decoder alone",
        ["pruned_heads"] = "all heads: use the model that was not pruned",
        ["per_layer_config"] = "layers of equal dimensions",
        ["attn_logit_softcapping"] = "no soft cap, which none of the supported families has",
        ["final_logit_softcapping"] = "no soft cap, which none of the supported families has",
        ["query_pre_attn_scalar"] = "nothing, since none of the supported families has it",
        ["logit_scale"] = "nothing, since none of the supported families has it",
        ["clip_qkv"] = "nothing, since none of the supported families has it",
        ["use_qk_norm"] = "nothing: model_type qwen3 alone normalizes queries and keys here",
        ["qk_layernorm"] = "nothing: model_type qwen3 alone normalizes queries and keys here",
        ["no_rope_layers"] = "rotation in every layer, as in all supported families",
        ["no_rope_layer_interval"] = "rotation in every layer, as in all supported families",
        ["rope_interleaved"] = "false: convert the weights to the order of pairs (i, i + d/2)",
        ["use_mrope"] = "false: positions of several axes are not supported",
        ["alibi"] = "rotary positions, as in all supported families",
        ["parallel_attn"] = "attention before the feed-forward network, as in all supported families",
        ["use_parallel_residual"] = "attention before the feed-forward network, as in all supported families",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Whether a field is known to change nothing.</summary>
    public static bool IsWithoutEffect(string name) => s_withoutEffect.Contains(name);

    /// <summary>The warning about a field that nothing reads.</summary>
    public static string Describe((string Name, JsonElement Value) field, string modelType) =>
        $"{field.Name}: {JsonFields.Excerpt(field.Value)} is not used: it is not known for model_type '{modelType}'";

    /// <summary>Demands that nothing is set that would make another model of it.</summary>
    /// <param name="fields">The configuration.</param>
    /// <param name="except">A field that may be set.</param>
    /// <exception cref="CheckpointException">Such a field is set; the message says what helps.</exception>
    public static void RequireUnset(JsonFields fields, string? except = null)
    {
        foreach (var (name, remedy) in s_unsupported)
        {
            if (name != except && fields.Find(name) is { } value && !IsUnset(value))
            {
                throw fields.Wrong(name, remedy);
            }
        }
    }

    private static bool IsUnset(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.False => true,
            JsonValueKind.Number => value.GetDouble() == 0,
            JsonValueKind.Array => value.GetArrayLength() == 0,
            JsonValueKind.Object => !value.EnumerateObject().Any(),
            _ => false,
        };
}
