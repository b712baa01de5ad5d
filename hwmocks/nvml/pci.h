#ifndef HWMOCKS_PCI_H
#define HWMOCKS_PCI_H

#include "../node/values.h"

struct pci_address {
    unsigned int domain;
    unsigned int bus;
    unsigned int device;
    unsigned int function;
};

/* NVML's forms: domain:bus:device.function, domain:bus:device and bus:device.function, hexadecimal. */
bool pci_parse(const char *text, struct pci_address *address);
bool pci_address_of(const struct gpu *gpu, struct pci_address *address);

#endif
