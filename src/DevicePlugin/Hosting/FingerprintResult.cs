using System.Text.Json;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Output;
using Spectre.Console;

namespace DevicePlugin.Hosting;

internal sealed record FingerprintResult(FingerprintResponse Fingerprint) : HostStepResult
{
    public override string Summary
    {
        get
        {
            var devices = Fingerprint.DeviceGroup.SelectMany(group => group.Devices).ToList();
            return $"{Counted.Of(devices.Count, "device")} in {Counted.Of(Fingerprint.DeviceGroup.Count, "group")}, " +
                $"{devices.Count(device => device.Healthy)} healthy";
        }
    }

    public override void WriteJson(Utf8JsonWriter writer) => FingerprintJson.WriteGroups(writer, Fingerprint);

    public override void WriteDetails(IAnsiConsole console)
    {
        console.WriteLine();
        InventoryView.Write(console, Fingerprint);
        console.WriteLine();
    }
}
