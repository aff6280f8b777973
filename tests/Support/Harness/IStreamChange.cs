namespace SshGateway.Tests.Support.Harness;

/// <summary>What <see cref="TamperingRelay"/> does to the bytes of one direction.</summary>
internal interface IStreamChange
{
    /// <summary>What to send on in place of what was received.</summary>
    byte[] Change(ReadOnlySpan<byte> received);
}
