namespace SshGateway.Operator.Feed.Authentication;

/// <summary>A token that lets nobody in.</summary>
internal sealed class TokenRefusedException(TokenFault fault) : Exception(fault.Sentence())
{
    public TokenFault Fault { get; } = fault;
}
