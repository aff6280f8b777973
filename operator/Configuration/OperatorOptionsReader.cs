using System.Net;
using SshGateway.Shared.Hosting;

namespace SshGateway.Operator.Configuration;

/// <summary>Reads and checks the options; each failure names the key and what to write instead.</summary>
internal static class OperatorOptionsReader
{
    public const string DirectorySource = "Directory";

    private static readonly string[] Keys =
    [
        nameof(OperatorOptions.Source), nameof(OperatorOptions.Directory), nameof(OperatorOptions.FeedListen), nameof(OperatorOptions.HttpListen),
        nameof(OperatorOptions.AllowLoopbackPods), nameof(OperatorOptions.AllowUnlabelledPods),
    ];

    /// <exception cref="ConfigurationException">A key is unknown, or a value cannot be used.</exception>
    public static OperatorOptions Read(IConfiguration configuration) =>
        OptionsSection.Read<OperatorOptions>(configuration, OperatorOptions.Section, Keys, (section, options) => section.Bind(options), Check);

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
