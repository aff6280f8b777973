using System.Net;
using Microsoft.Extensions.Options;
using SshGateway.Shared.Hosting;

namespace SshGateway.Operator.Configuration;

/// <summary>Checks the options at start; each failure names the key and what to write instead.</summary>
internal sealed class OperatorOptionsValidator : IValidateOptions<OperatorOptions>
{
    public const string DirectorySource = "Directory";

    public ValidateOptionsResult Validate(string? name, OperatorOptions options)
    {
        string[] failures = [.. Check(options)];
        return failures.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Check(OperatorOptions options)
    {
        if (options.Source != DirectorySource)
        {
            yield return $"Operator:Source is \"{options.Source}\"; write {DirectorySource}";
        }
        if (options.Directory.Length == 0)
        {
            yield return "Operator:Directory is missing; write the directory of the ClaudeSession and Pod manifests";
        }
        else if (!Directory.Exists(options.Directory))
        {
            yield return $"Operator:Directory is \"{options.Directory}\", which is no directory; create it or write another one";
        }
        if (!ListenAddress.TryParse(options.FeedListen, out IPEndPoint? feed))
        {
            yield return $"Operator:FeedListen is \"{options.FeedListen}\"; write address:port, such as 127.0.0.1:7443";
        }
        else if (!IPAddress.IsLoopback(feed.Address))
        {
            yield return $"Operator:FeedListen is \"{options.FeedListen}\"; write a loopback address, such as 127.0.0.1:7443: the feed is not authenticated";
        }
        if (!ListenAddress.TryParse(options.HttpListen, out _))
        {
            yield return $"Operator:HttpListen is \"{options.HttpListen}\"; write address:port, such as 127.0.0.1:8081";
        }
    }
}
