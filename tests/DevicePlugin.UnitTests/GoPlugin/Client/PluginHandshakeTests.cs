using System.Net;
using System.Net.Sockets;
using DevicePlugin.GoPlugin.Client;
using DevicePlugin.GoPlugin.Security;

namespace DevicePlugin.UnitTests.GoPlugin.Client;

internal sealed class PluginHandshakeTests
{
    [Test]
    public void Parse_UnixSocket_IsItsEndPoint()
    {
        var handshake = PluginHandshake.Parse("1|2|unix|/tmp/plugin1|grpc|", [1, 2]);

        Assert.That(handshake.EndPoint, Is.EqualTo(new UnixDomainSocketEndPoint("/tmp/plugin1")));
        Assert.That(handshake.Line.ProtocolVersion, Is.EqualTo(2));
        Assert.That(handshake.ServerCertificate, Is.Null);
    }

    [Test]
    public void Parse_Tcp_IsItsEndPoint()
    {
        var handshake = PluginHandshake.Parse("1|2|tcp|127.0.0.1:10001|grpc", [2]);

        Assert.That(handshake.EndPoint, Is.EqualTo(new IPEndPoint(IPAddress.Loopback, 10001)));
    }

    [Test]
    public void Parse_CertificateWithoutPadding_IsPinned()
    {
        using var certificate = EphemeralCertificate.Create();
        var field = Convert.ToBase64String(certificate.RawData).TrimEnd('=');

        using var parsed = PluginHandshake.Parse($"1|2|unix|/s|grpc|{field}|false", [2]).ServerCertificate;

        Assert.That(parsed!.RawData, Is.EqualTo(certificate.RawData));
    }

    [TestCase("Listening on port 80", "has 1 fields")]
    [TestCase("", "has 1 fields")]
    [TestCase("a|2|unix|/s|grpc", "\"a\"")]
    [TestCase("1|-2|unix|/s|grpc", "\"-2\"")]
    [TestCase("2|2|unix|/s|grpc", "core protocol 2")]
    [TestCase("1|3|unix|/s|grpc", "protocol version 3, and this host offered 1, 2")]
    [TestCase("1|2|unix||grpc", "no path")]
    [TestCase("1|2|unix|/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|grpc", "more than 107 bytes")]
    [TestCase("1|2|pipe|/s|grpc", "network \"pipe\"")]
    [TestCase("1|2|tcp|127.0.0.1|grpc", "TCP address \"127.0.0.1\"")]
    [TestCase("1|2|tcp|localhost:80|grpc", "TCP address \"localhost:80\"")]
    [TestCase("1|2|unix|/s", "transport \"netrpc\"")]
    [TestCase("1|2|unix|/s|netrpc", "transport \"netrpc\"")]
    [TestCase("1|2|unix|/s|grpc|!!!", "sixth field")]
    [TestCase("1|2|unix|/s|grpc|AAAA", "sixth field")]
    public void Parse_BrokenLine_SaysWhatWasSeen(string line, string expected)
    {
        Assert.That(
            () => PluginHandshake.Parse(line, [1, 2]),
            Throws.TypeOf<PluginException>().With.Message.Contains(expected));
    }

    [Test]
    public void Parse_ControlCharacters_AreShownEscaped()
    {
        Assert.That(
            () => PluginHandshake.Parse("\u001b[31mred", [2]),
            Throws.TypeOf<PluginException>().With.Message.Contains("\\x1b[31mred"));
    }

    [Test]
    public void Parse_EndlessLine_IsShownInPart()
    {
        Assert.That(
            () => PluginHandshake.Parse(new string('x', 60_000), [2]),
            Throws.TypeOf<PluginException>().With.Message.Length.LessThan(5000));
    }
}
