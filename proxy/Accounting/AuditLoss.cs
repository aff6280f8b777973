namespace SshGateway.Proxy.Accounting;

/// <summary>The line that stands for those that could not be written.</summary>
/// <param name="Time">When that was found out.</param>
/// <param name="Proxy">Whose they were.</param>
/// <param name="Lost">How many.</param>
internal sealed record AuditLoss(DateTimeOffset Time, string Proxy, long Lost);
