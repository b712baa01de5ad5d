using System.Security.Cryptography.X509Certificates;
using DevicePlugin.GoPlugin.Security;
using DevicePlugin.Tests;
using Grpc.Core;
using Grpc.Health.V1;

namespace DevicePlugin.FunctionalTests.GoPlugin;

internal sealed class MutualTlsTests
{
    private X509Certificate2 _certificate = null!;

    [SetUp]
    public void CreateCertificate() => _certificate = EphemeralCertificate.Create();

    [TearDown]
    public void DisposeCertificate() => _certificate.Dispose();

    [Test]
    public async Task Call_WithTheHostsCertificate_IsAnswered()
    {
        using var plugin = NewPlugin();
        await using var host = await plugin.StartAsync();
        using var client = new PluginClient(host.Handshake, _certificate);

        Assert.That(await client.PingAsync().DefaultTimeout(), Is.EqualTo(HealthCheckResponse.Types.ServingStatus.Serving));
    }

    [Test]
    public async Task Call_WithoutOrWithAnotherCertificate_IsRefused()
    {
        using var plugin = NewPlugin();
        await using var host = await plugin.StartAsync();
        using var stranger = EphemeralCertificate.Create();
        using var nobody = new PluginClient(host.Handshake);
        using var somebody = new PluginClient(host.Handshake, stranger);

        Assert.That(async () => await nobody.PingAsync().DefaultTimeout(), Throws.TypeOf<RpcException>());
        Assert.That(async () => await somebody.PingAsync().DefaultTimeout(), Throws.TypeOf<RpcException>());
    }

    private TestPlugin NewPlugin() => new(("PLUGIN_CLIENT_CERT", _certificate.ExportCertificatePem()));
}
