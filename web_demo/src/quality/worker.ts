import { serve } from './judge';

serve(self);
