namespace SshGateway.Operator.Configuration;

/// <summary>The section <c>Operator</c> of the configuration; docs/configuration.md describes each key.</summary>
internal sealed class OperatorOptions
{
    public const string Section = "Operator";

    public string Source { get; set; } = OperatorOptionsReader.DirectorySource;

    public string Directory { get; set; } = "";

    public string FeedListen { get; set; } = "127.0.0.1:7443";

    public string HttpListen { get; set; } = "127.0.0.1:8081";

    public bool AllowLoopbackPods { get; set; }

    public bool AllowUnlabelledPods { get; set; }
}
