namespace SshGateway.Feed.Client;

/// <summary>The program that follows the feed, as its messages and metrics call it.</summary>
/// <param name="Name">In sentences, such as <c>proxy</c>.</param>
/// <param name="Section">The section of its settings, such as <c>Proxy</c>.</param>
/// <param name="MetricPrefix">Begins the names of its metrics, such as <c>sshgateway.proxy</c>.</param>
/// <param name="ClockConsequence">What a clock leads to that differs from the operators'; a sentence without its
/// full stop.</param>
internal sealed record FeedProgram(string Name, string Section, string MetricPrefix, string ClockConsequence);
