using System.Text.Json;
using DevicePlugin.GoPlugin.Handshake;
using Grpc.Health.V1;

namespace DevicePlugin.Hosting;

internal sealed record LaunchResult(
    HandshakeLine Handshake, bool MutualTls, HealthCheckResponse.Types.ServingStatus Health) : HostStepResult
{
    // As grpc.health.v1 writes it, which is what other tools print.
    private string HealthWord => Health.ToString().ToUpperInvariant();

    public override string Summary =>
        $"{Handshake.Transport}, protocol {Handshake.ProtocolVersion}, {(MutualTls ? "AutoMTLS" : "no TLS")}, {HealthWord}\n" +
        $"{Handshake.Network}:{Handshake.Address}";

    public override void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteNumber("core_version", Handshake.CoreVersion);
        writer.WriteNumber("protocol_version", Handshake.ProtocolVersion);
        writer.WriteString("network", Handshake.Network);
        writer.WriteString("address", Handshake.Address);
        writer.WriteString("transport", Handshake.Transport);
        writer.WriteBoolean("auto_mtls", MutualTls);
        writer.WriteString("health", HealthWord);
    }
}
