using System.Text.Json;

namespace DevicePlugin.Hosting;

internal sealed record SetConfigResult(int Bytes, bool WithNomadConfig) : HostStepResult
{
    public override string Summary => WithNomadConfig
        ? $"{Bytes} bytes accepted"
        : $"{Bytes} bytes accepted again, without nomad_config";

    public override void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteNumber("bytes", Bytes);
        writer.WriteBoolean("nomad_config", WithNomadConfig);
    }
}
