#include "GenkiKernelsAggregate.h"
