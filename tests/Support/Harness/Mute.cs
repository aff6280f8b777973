namespace SshGateway.Tests.Support.Harness;

/// <summary>From a moment on nothing of what one end of a connection sends arrives, and nobody is told.</summary>
internal sealed class Mute : IStreamChange
{
    private volatile bool _isOn;

    public void Begin() => _isOn = true;

    public byte[] Change(ReadOnlySpan<byte> received) => _isOn ? [] : received.ToArray();
}
