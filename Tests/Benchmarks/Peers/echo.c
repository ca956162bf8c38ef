// The peer of a warm invocation: a FastCGI responder in C that answers a request with its body, or with "ok" without one.
// One thread for each connection that nginx keeps open. Usage: echo SOCKET
#include <fcgiapp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

enum { threads = 40 };

static void *respond(void *listener) {
    FCGX_Request request;
    if (FCGX_InitRequest(&request, (int)(intptr_t)listener, 0) != 0) return NULL;
    while (FCGX_Accept_r(&request) == 0) {
        const char *text = FCGX_GetParam("CONTENT_LENGTH", request.envp);
        int length = text ? atoi(text) : 0;
        FCGX_PutS("Content-Type: application/json\r\n\r\n", request.out);
        if (length > 0) {
            char *body = malloc(length);
            int read = FCGX_GetStr(body, length, request.in);
            FCGX_PutStr(body, read, request.out);
            free(body);
        } else {
            FCGX_PutS("ok", request.out);
        }
        FCGX_Finish_r(&request);
    }
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 2 || FCGX_Init() != 0) return 1;
    int listener = FCGX_OpenSocket(argv[1], 128);
    if (listener < 0) return 1;
    pthread_t ids[threads];
    for (int i = 0; i < threads; i++) pthread_create(&ids[i], NULL, respond, (void *)(intptr_t)listener);
    for (int i = 0; i < threads; i++) pthread_join(ids[i], NULL);
    return 0;
}
