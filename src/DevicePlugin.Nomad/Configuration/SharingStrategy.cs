namespace DevicePlugin.Nomad.Configuration;

public enum SharingStrategy
{
    TimeSlicing,
    Mps,
}
