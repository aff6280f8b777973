namespace SshGateway.Ssh.KeyExchange;

/// <summary>What both sides said in plaintext before the key exchange method ran.</summary>
internal readonly record struct Transcript(string ClientIdentification, string ServerIdentification, byte[] ClientKexInit, byte[] ServerKexInit);
