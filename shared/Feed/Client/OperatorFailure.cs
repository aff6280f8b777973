using System.Security.Authentication;
using Grpc.Core;
using SshGateway.Hosting;

namespace SshGateway.Feed.Client;

/// <summary>Why a stream to an operator failed, with the setting to look at.</summary>
internal static class OperatorFailure
{
    public static string Explain(RpcException failure, FeedOptions options)
    {
        Exception? cause = failure.Status.DebugException;
        while (cause?.InnerException is { } inner)
        {
            cause = inner;
        }
        string what = cause switch
        {
            // A file of ours: the detail names it.
            IOException or UnauthorizedAccessException or ConfigurationException when failure.StatusCode == StatusCode.Unauthenticated => failure.Status.Detail,
            AuthenticationException => $"{cause.Message} ({options.Program.Section}:OperatorCA is {options.AuthoritiesFile})",
            // The library's own words lead to its last one.
            not null => cause.Message,
            null when failure.StatusCode == StatusCode.Unauthenticated =>
                $"the operator refuses this {options.Program.Name}: {failure.Status.Detail}. Write a token that it accepts into the file of {options.Program.Section}:OperatorToken ({options.TokenFile ?? "none"})",
            null => failure.Status.Detail,
        };
        return $"{failure.StatusCode}: {what}";
    }
}
