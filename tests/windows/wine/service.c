// SPDX-License-Identifier: BSD-2-Clause
/*
 * service start|stop NAME FILE ...: the drivers, by the service manager.  One
 * load order group, or Wine gives each driver a process of its own.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>

#define GROUP "irlstack"
#define PATIENCE_MS 60000

static int failed(const char *what, const char *name)
{
	printf("%s %s: Windows error %lu\n", what, name, GetLastError());
	return 1;
}

static DWORD settled(SC_HANDLE service, DWORD wanted)
{
	SERVICE_STATUS status = {0};

	for (unsigned ms = 0; ms < PATIENCE_MS; ms += 20, Sleep(20))
		if (QueryServiceStatus(service, &status) &&
		    status.dwCurrentState == wanted)
			break;
	return status.dwCurrentState;
}

static int start(SC_HANDLE manager, const char *name, const char *path)
{
	SC_HANDLE service = CreateServiceA(
	    manager, name, name, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
	    SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, path, GROUP, NULL, NULL,
	    NULL, NULL);

	if (!service && GetLastError() == ERROR_SERVICE_EXISTS)
		service = OpenServiceA(manager, name, SERVICE_ALL_ACCESS);
	if (!service)
		return failed("installing", name);
	/* The manager may still be starting others. */
	for (unsigned ms = 0; !StartServiceA(service, 0, NULL); Sleep(20))
		if (GetLastError() != ERROR_SERVICE_DATABASE_LOCKED ||
		    (ms += 20) > PATIENCE_MS)
			return failed("starting", name);
	return settled(service, SERVICE_RUNNING) == SERVICE_RUNNING
		   ? 0
		   : failed("waiting for", name);
}

static int stop(SC_HANDLE manager, const char *name)
{
	SC_HANDLE service = OpenServiceA(manager, name, SERVICE_ALL_ACCESS);
	SERVICE_STATUS status;

	if (!service)
		return failed("opening", name);
	if (!ControlService(service, SERVICE_CONTROL_STOP, &status))
		return failed("stopping", name);
	if (settled(service, SERVICE_STOPPED) != SERVICE_STOPPED)
		return failed("waiting for the end of", name);
	return DeleteService(service) ? 0 : failed("removing", name);
}

int main(int argc, char **argv)
{
	SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
	int rc = manager ? 0 : failed("opening", "the service manager");

	if (argc < 4 || argc % 2) {
		printf("usage: service start|stop NAME FILE ...\n");
		return 2;
	}
	for (int i = 2; !rc && i + 1 < argc; i += 2)
		rc = strcmp(argv[1], "start")
			 ? stop(manager, argv[i])
			 : start(manager, argv[i], argv[i + 1]);
	return rc;
}
