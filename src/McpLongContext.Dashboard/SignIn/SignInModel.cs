namespace McpLongContext.Dashboard.SignIn;

/// <summary>The form that takes a token.</summary>
/// <param name="Next">The page that is shown after it.</param>
/// <param name="Refusal">Why a token was refused; empty when none was.</param>
public sealed record SignInModel(string Next, string Refusal);
